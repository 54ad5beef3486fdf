import { Choice } from '@cppo/run/page';
import type { RunChoice } from '../worker/train-messages.js';

interface SettingsProps {
  /** Tells the radio buttons of two runs apart. */
  readonly name: string;
  readonly choice: RunChoice;
  /** The model is the reader's, and may be too large to be trained whole. */
  readonly own: boolean;
  onChange(choice: RunChoice): void;
}

/** What a reader chooses of a run. */
export function RunSettings({ name, choice, own, onChange }: SettingsProps) {
  const numeric = (
    key: keyof RunChoice,
    label: string,
    bounds: { min: number; max?: number; step: number | 'any' },
  ) => (
    <label class="number">
      <span class="soft">{label}</span>
      <input
        type="number"
        {...bounds}
        required
        value={Number(choice[key])}
        onInput={({ currentTarget: { valueAsNumber } }) => {
          if (Number.isFinite(valueAsNumber)) onChange({ ...choice, [key]: valueAsNumber });
        }}
      />
    </label>
  );
  return (
    <div class="settings">
      <Choice
        label="Objective"
        name={`objective-${name}`}
        value={choice.objective}
        onChange={(objective) => onChange({ ...choice, objective })}
        options={[
          { value: 'grpo', label: 'GRPO' },
          { value: 'cppo', label: 'CPPO' },
        ]}
      />
      {choice.objective === 'cppo' && (
        <>
          {numeric('coefficient', 'λ', { min: 0, step: 'any' })}
          {numeric('ratio', 'ρ', { min: 0.05, max: 1, step: 'any' })}
        </>
      )}
      {own && (
        <Choice
          label="Trains"
          name={`trained-${name}`}
          value={choice.trained}
          onChange={(trained) => onChange({ ...choice, trained })}
          options={[
            { value: 'all', label: 'all weights' },
            { value: 'adapters', label: 'adapters' },
          ]}
        />
      )}
      {numeric('steps', 'Steps', { min: 1, step: 1 })}
      {numeric('prompts', 'Prompts a step', { min: 1, max: 24, step: 1 })}
      {numeric('completions', 'Answers each', { min: 2, max: 16, step: 1 })}
      {numeric('learningRate', 'Learning rate', { min: 1e-7, step: 'any' })}
      {numeric('seed', 'Seed', { min: 0, step: 1 })}
      {numeric('questions', 'Held-out questions', { min: 0, max: 128, step: 1 })}
      <Choice
        label="Engine"
        name={`engine-${name}`}
        value={choice.engine}
        onChange={(engine) => onChange({ ...choice, engine })}
        options={[
          { value: 'wasm', label: 'WebAssembly' },
          { value: 'webgpu', label: 'WebGPU' },
        ]}
      />
    </div>
  );
}
