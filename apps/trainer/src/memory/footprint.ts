import type { EngineName } from '@cppo/engine';
import type { Capacity, ModelFootprint, PromptSize, Workload } from '@cppo/policy-qwen';
import type { Arithmetic } from '../config/arithmetic.js';
import type { Config } from '../config/schema.js';

/** What a model is asked to do, whatever the engine. */
export type ModelTask = Omit<Workload, 'arithmetic' | 'packed'> & { readonly arithmetic: Arithmetic };

/** Bytes that a process takes at its widest, by what takes them. */
export interface Footprint extends ModelFootprint {
  /** Node, the engine and its libraries, before any model. */
  readonly process: number;
  /** Weights, gradients and moments. */
  readonly model: number;
  /** process + model + the greater of sampling and scoring. */
  readonly total: number;
}

/** Bytes of a process that has started the engine and loaded nothing. Measured on Linux. */
const processBytes: Readonly<Record<EngineName, number>> = {
  tensorflow: 4.0e8,
  'tensorflow-gpu': 1.2e9,
  webgpu: 4.0e8,
  wasm: 2.5e8,
  cpu: 1.5e8,
};

/** The engine as far as it decides what a model takes. */
export interface EngineKind {
  readonly name: EngineName;
  /** Whether it multiplies weights other than float32. */
  readonly packed: boolean;
}

/** What a process with a model needs at its widest. */
export function footprint(capacity: Capacity, { name, packed }: EngineKind, task: ModelTask): Footprint {
  const needed = capacity.footprint({ ...task, packed });
  const process = processBytes[name];
  const model = needed.held + needed.training;
  const total = process + model + Math.max(needed.sampling, needed.scoring);
  return { ...needed, process, model, total };
}

/** The task of a run: sampling `rollout.batch` prompts at once, and training on `microBatch` of them. */
export function trainingTask(config: Config, prompt: PromptSize): ModelTask {
  const { prompts, batch = prompts, completions, maxTokens: tokens, cache } = config.rollout;
  const { weights, activations, lora, objective } = config;
  return {
    arithmetic: { ...(weights === undefined ? {} : { weights }), activations, cache },
    prompt,
    trained: lora !== null ? { rank: lora.rank } : config.freezeVision ? 'text' : 'all',
    reference: objective.kl.coefficient > 0 && lora === null,
    sampling: { prompts: Math.min(batch, prompts), completions, tokens },
    scoring: {
      prompts: Math.min(config.microBatch, prompts),
      completions,
      tokens,
      views: gradientViews(config),
    },
  };
}

/** How many views are scored with a gradient beside the picture itself. */
function gradientViews({ objective, views }: Config): number {
  if (objective.type === 'papo') return 1;
  if (objective.type !== 'cppo') return 0;
  return 1 + (typeof views === 'object' && Array.isArray(views.removing) ? views.removing.length : 1);
}
