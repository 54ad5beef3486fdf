type Values = readonly (number | null)[];

/**
 * Exponential moving average, corrected for its start:  sₜ = (d·sₜ₋₁ + (1 − d)·xₜ) / (1 − dᵗ).
 * Steps without a value are left out and stay null.
 *
 * @param decay d, from 0 (the values themselves) to below 1.
 */
export function smooth(values: Values, decay: number): (number | null)[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = decay * sum + (1 - decay) * value;
    weight = decay * weight + (1 - decay);
    return sum / weight;
  });
}

/** Round numbers from within [low, high], about `count` of them, 1, 2 or 5 times a power of ten apart. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw * 0.7)!;
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12) + 1e-300; i++)
    found.push(Number((i * step).toPrecision(12)));
  return found;
}
