import type { EngineDiagnosis } from '@cppo/engine';
import { type WeightFormat, weightFormats } from '../config/arithmetic.js';
import { type Footprint, footprint, type Workload } from './footprint.js';
import { modelFacts } from './model-facts.js';

/** What a published model takes in one format, bytes. */
export interface ModelFit {
  readonly model: '3B' | '7B';
  readonly weights: WeightFormat;
  /** Scoring a short completion under a picture of 256 image tokens. */
  readonly score: number;
  /** A CPPO step with LoRA of rank 16 on one such prompt, 8 completions of 64 tokens. */
  readonly step: number;
  readonly fits: { readonly score: boolean; readonly step: boolean };
}

/** A prompt with a picture of 448 × 448 pixels. */
const PROMPT = { tokens: 283, patches: 1024 };

/**
 * What the published models take on an engine that is ready, in every format.
 *
 * @param limit bytes for the process.
 */
export function knownModelsFit(
  { name, memoryLimit }: Pick<EngineDiagnosis, 'name' | 'memoryLimit'>,
  limit: number,
): ModelFit[] {
  const tensors = name === 'wasm' ? (memoryLimit ?? 0) : Number.POSITIVE_INFINITY;
  const fit = ({ process, total }: Footprint) => total <= limit && total - process <= tensors;
  return (['3B', '7B'] as const).flatMap((model) => {
    const facts = modelFacts(`Qwen/Qwen2.5-VL-${model}-Instruct`);
    if (facts === undefined) return [];
    return weightFormats.map((weights): ModelFit => {
      const shared = {
        arithmetic: { weights, activations: 'float32', cache: 'float32' },
        ...{ engine: name, packed: true, reference: false, prompt: PROMPT },
      } as const satisfies Partial<Workload>;
      const group = { prompts: 1, completions: 8, tokens: 64 };
      const score = footprint(facts, {
        ...shared,
        trained: 'nothing',
        scoring: { prompts: 1, completions: 1, tokens: 8, views: 0 },
      });
      const step = footprint(facts, {
        ...shared,
        trained: { rank: 16 },
        sampling: group,
        scoring: { ...group, views: 2 },
      });
      return {
        ...{ model, weights, score: score.total, step: step.total },
        fits: { score: fit(score), step: fit(step) },
      };
    });
  });
}
