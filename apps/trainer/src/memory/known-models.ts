import type { EngineDiagnosis } from '@cppo/engine';
import type { Capacity } from '@cppo/policy-qwen';
import { type WeightFormat, weightFormats } from '../config/arithmetic.js';
import { type Footprint, footprint, type ModelTask } from './footprint.js';

/** What a published model takes in one format, bytes. */
export interface ModelFit {
  readonly model: string;
  readonly weights: WeightFormat;
  /** Scoring a short completion under a picture of 256 image tokens. */
  readonly score: number;
  /** A CPPO step with LoRA of rank 16 on one such prompt, 8 completions of 64 tokens. */
  readonly step: number;
  readonly fits: { readonly score: boolean; readonly step: boolean };
}

/** A model that people know by a name. */
export interface KnownModel {
  readonly model: string;
  readonly capacity: Capacity;
}

/** A prompt with a picture of 448 × 448 pixels. */
const PROMPT = { tokens: 283, patches: 1024 };

/**
 * What known models take on an engine that is ready, in every format.
 *
 * @param limit bytes for the process.
 */
export function knownModelsFit(
  models: readonly KnownModel[],
  { name, memoryLimit }: Pick<EngineDiagnosis, 'name' | 'memoryLimit'>,
  limit: number,
): ModelFit[] {
  const tensors = name === 'wasm' ? (memoryLimit ?? 0) : Number.POSITIVE_INFINITY;
  const fit = ({ process, total }: Footprint) => total <= limit && total - process <= tensors;
  return models.flatMap(({ model, capacity }) =>
    weightFormats.map((weights): ModelFit => {
      const take = (task: Pick<ModelTask, 'trained' | 'sampling' | 'scoring'>) =>
        footprint(
          capacity,
          { name, packed: true },
          {
            arithmetic: { weights, activations: 'float32', cache: 'float32' },
            ...{ reference: false, prompt: PROMPT, ...task },
          },
        );
      const group = { prompts: 1, completions: 8, tokens: 64 };
      const score = take({
        trained: 'nothing',
        scoring: { prompts: 1, completions: 1, tokens: 8, views: 0 },
      });
      const step = take({ trained: { rank: 16 }, sampling: group, scoring: { ...group, views: 2 } });
      return {
        ...{ model, weights, score: score.total, step: step.total },
        fits: { score: fit(score), step: fit(step) },
      };
    }),
  );
}
