/** How much the curves are smoothed. */
export function SmoothingSlider({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  return (
    <label class="smoothing">
      Smoothing
      <input
        type="range"
        min="0"
        max="0.99"
        step="0.01"
        value={value}
        aria-valuetext={value.toFixed(2)}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      <output>{value.toFixed(2)}</output>
    </label>
  );
}
