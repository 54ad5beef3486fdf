import type { Strength } from './perturbations.js';

interface StrengthProps {
  readonly label: string;
  readonly choices: readonly Strength[];
  readonly chosen: Strength;
  readonly strength: number;
  onChange(chosen: Strength, strength: number): void;
}

/** Which perturbation makes a view, and how strong it is. */
export function StrengthSlider({ label, choices, chosen, strength, onChange }: StrengthProps) {
  const { figure, least, most, step } = chosen;
  const choose = (name: string) => {
    const found = choices.find((each) => each.name === name);
    if (found !== undefined) onChange(found, found.usual);
  };
  return (
    <div class="strength">
      <label class="step">
        <span>{label}</span>
        <select value={chosen.name} onChange={(event) => choose(event.currentTarget.value)}>
          {choices.map((each) => (
            <option key={each.name} value={each.name}>
              {each.label}
            </option>
          ))}
        </select>
      </label>
      {figure !== undefined && (
        <label class="slider">
          <span class="soft">{figure}</span>
          <input
            type="range"
            {...{ min: least, max: most, step }}
            value={strength}
            onInput={(event) => onChange(chosen, Number(event.currentTarget.value))}
          />
          <output>{strength}</output>
        </label>
      )}
    </div>
  );
}
