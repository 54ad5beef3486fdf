import type { Capacity, ModelTask } from '../contract/capacity.js';
import { footprint } from './footprint.js';
import { fits, type Room } from './room.js';
import { gigabytes } from './units.js';

/** What a published model takes in one format, bytes. */
export interface ModelFit {
  readonly model: string;
  readonly weights: string;
  /** Scoring a short completion under a picture of 256 image tokens. */
  readonly score: number;
  /** A CPPO step with LoRA of rank 16 on one such prompt, 8 completions of 64 tokens. */
  readonly step: number;
  readonly fits: { readonly score: boolean; readonly step: boolean };
}

/** A model that people know by a name. */
export interface KnownModel<Format extends string = string> {
  readonly model: string;
  readonly capacity: Pick<Capacity<never, Format>, 'footprint'>;
}

/** A prompt with a picture of 448 × 448 pixels. */
const PROMPT = { tokens: 283, patches: 1024 };

/**
 * Estimates the memory of known models in every format.
 *
 * @param models known ones.
 * @param room memory and engine.
 * @returns one entry per model and format.
 */
export function knownModelsFit<Format extends string>(
  models: readonly KnownModel<Format>[],
  room: Room<Format>,
): ModelFit[] {
  return models.flatMap(({ model, capacity }) =>
    room.formats.map((weights): ModelFit => {
      const take = (task: Pick<ModelTask, 'trained' | 'sampling' | 'scoring'>) =>
        footprint(capacity, room, {
          arithmetic: { weights, activations: 'float32', cache: 'float32' },
          ...{ reference: false, prompt: PROMPT, ...task },
        });
      const group = { prompts: 1, completions: 8, tokens: 64 };
      const score = take({
        trained: 'nothing',
        scoring: { prompts: 1, completions: 1, tokens: 8, views: 0 },
      });
      const step = take({ trained: { rank: 16 }, sampling: group, scoring: { ...group, views: 2 } });
      return {
        ...{ model, weights, score: score.total, step: step.total },
        fits: { score: fits(score, room), step: fits(step, room) },
      };
    }),
  );
}

/**
 * Formats estimates as a table of lines such as `Qwen2.5-VL-3B  nf4        score   2.8 GB    CPPO step with LoRA   4.8 GB`,
 * with ✗ behind what does not fit.
 *
 * @param models what `knownModelsFit` gives.
 * @returns one line each.
 */
export function modelFitsInWords(models: readonly ModelFit[]): string[] {
  const width = Math.max(0, ...models.map(({ model }) => model.length));
  const mark = (bytes: number, fit: boolean) => `${gigabytes(bytes).padStart(8)}${fit ? '  ' : ' ✗'}`;
  return models.map(({ model, weights, score, step, fits }) =>
    `${model.padEnd(width)}  ${weights.padEnd(9)} score ${mark(score, fits.score)}  CPPO step with LoRA ${mark(step, fits.step)}`.trimEnd(),
  );
}
