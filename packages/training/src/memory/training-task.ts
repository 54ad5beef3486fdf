import type { ModelTask, PromptSize } from '../contract/capacity.js';

/** What of a run's configuration decides what it takes of the memory. */
export interface FittedSettings<Format extends string = string> {
  readonly model: string;
  readonly weights?: Format | undefined;
  readonly activations: 'float32' | 'bfloat16';
  readonly rollout: {
    readonly prompts: number;
    /** Prompts sampled at once; as many as fit when left out. */
    readonly batch?: number | undefined;
    readonly completions: number;
    readonly maxTokens: number;
    readonly cache: 'float32' | 'bfloat16';
  };
  readonly microBatch: number;
  readonly lora: { readonly rank: number; readonly alpha: number } | null;
  readonly freezeVision: boolean;
  readonly objective: { readonly type: string; readonly kl: { readonly coefficient: number } };
  readonly views: string | { readonly removing: unknown };
}

/**
 * Describes the task of a run: sampling `rollout.batch` prompts at once, and training on `microBatch` of
 * them.
 *
 * @param settings of the run.
 * @param prompt largest prompt.
 * @returns the task.
 */
export function trainingTask<Format extends string>(
  settings: FittedSettings<Format>,
  prompt: PromptSize,
): ModelTask<Format> {
  const { prompts, batch = prompts, completions, maxTokens: tokens, cache } = settings.rollout;
  const { weights, activations, lora, objective } = settings;
  return {
    arithmetic: { ...(weights === undefined ? {} : { weights }), activations, cache },
    prompt,
    trained: lora !== null ? { rank: lora.rank } : settings.freezeVision ? 'text' : 'all',
    reference: objective.kl.coefficient > 0 && lora === null,
    sampling: { prompts: Math.min(batch, prompts), completions, tokens },
    scoring: {
      prompts: Math.min(settings.microBatch, prompts),
      completions,
      tokens,
      views: gradientViews(settings),
    },
  };
}

/** How many views are scored with a gradient beside the picture itself. */
function gradientViews({ objective, views }: FittedSettings): number {
  if (objective.type === 'papo') return 1;
  if (objective.type !== 'cppo') return 0;
  return 1 + (typeof views === 'object' && Array.isArray(views.removing) ? views.removing.length : 1);
}
