import type { EngineName } from '@cppo/engine';
import {
  logitsAtOnce,
  parameterShapes,
  type QwenConfig,
  type WeightFormat,
  weightBytes,
} from '@cppo/policy-qwen';
import type { Arithmetic } from '../config/arithmetic.js';
import type { Config } from '../config/schema.js';
import { type ModelFacts, parameterPlans } from './model-facts.js';
import type { PromptSize } from './prompt-size.js';

/** What a model is asked to do, and on what. */
export interface Workload {
  readonly arithmetic: Arithmetic;
  readonly engine: EngineName;
  /** Whether the engine multiplies weights other than float32. */
  readonly packed: boolean;
  /** What is trained: nothing, adapters, all outside the vision tower, or all. */
  readonly trained: 'nothing' | { readonly rank: number } | 'text' | 'all';
  /** A second model in memory, against which the trained one is compared. */
  readonly reference: boolean;
  /** The largest prompt, as far as it is known. */
  readonly prompt: PromptSize;
  /** Prompts sampled at once, with the completions of each; none for scoring alone. */
  readonly sampling?: { readonly prompts: number; readonly completions: number; readonly tokens: number };
  /** What goes through the model in one pass: groups of completions, and views with a gradient beside the picture itself. */
  readonly scoring?: {
    readonly prompts: number;
    readonly completions: number;
    readonly tokens: number;
    readonly views: number;
  };
}

/** Bytes that a process takes at its widest, by what takes them. */
export interface Footprint {
  readonly parameters: number;
  /** Numbers trained: all, those outside the vision tower, or the adapters'. */
  readonly trained: number;
  /** How frozen weights are held. */
  readonly weights: WeightFormat;
  /** Node, the engine and its libraries, before any model. */
  readonly process: number;
  /** Weights of all models, frozen or trained. Exact. */
  readonly held: number;
  /** Gradients and Adam's moments. Exact. */
  readonly training: number;
  /** Keys, values and activations while sampling. */
  readonly sampling: number;
  /** Activations and logits of a pass. */
  readonly scoring: number;
  /** Weights, gradients and moments. */
  readonly model: number;
  /** process + model + the greater of sampling and scoring. */
  readonly total: number;
}

const NUMBER = 4;
/** Buffers of `logitsAtOnce` numbers while scoring without a gradient, and with one. */
const LOGIT_BUFFERS = { plain: 3, gradient: 7 };
/** A layer's activations are alive together with the gradients of them. */
const WITH_GRADIENTS = 2;

/** Bytes of a process that has started the engine and loaded nothing. Measured on Linux. */
const processBytes: Readonly<Record<EngineName, number>> = {
  tensorflow: 4.0e8,
  'tensorflow-gpu': 1.2e9,
  webgpu: 4.0e8,
  wasm: 2.5e8,
  cpu: 1.5e8,
};

/**
 * What a process needs at its widest. Weights, gradients and moments are exact; activations are counted as if every group had something
 * to teach, all completions had their full length, and all but one in a group carried the perception loss: many steps take less.
 *
 *   a decoder layer makes 12·D + 5·KV + 3·F numbers of a token; a vision block 16·D + 5·F of a patch
 */
export function footprint(model: ModelFacts, workload: Workload): Footprint {
  const { config } = model;
  const { arithmetic, packed, trained, reference, prompt, sampling, scoring } = workload;
  const plans = parameterPlans(model, isTrained(trained));
  const parameters = sum(plans.map(({ shape }) => product(shape)));
  const adapters = typeof trained === 'object' ? adapterNumbers(config, trained.rank) : 0;
  const trainedNumbers =
    adapters + sum(plans.filter((plan) => plan.trained).map(({ shape }) => product(shape)));
  const copies = reference
    ? weightBytes(
        parameterPlans(model, () => false),
        arithmetic.weights,
        packed,
      )
    : 0;
  const held = weightBytes(plans, arithmetic.weights, packed) + NUMBER * adapters + copies;
  const training = 3 * NUMBER * trainedNumbers;

  const gradient = trained !== 'nothing' && scoring !== undefined;
  const passes = {
    sampling: sampling === undefined ? 0 : samplingNumbers(config, prompt, sampling, arithmetic.cache),
    scoring:
      scoring === undefined ? 0 : scoringNumbers(config, prompt, scoring, { gradient, trained, parameters }),
  };
  // A micro-batch's own gradients stand beside their sum.
  const fresh = gradient ? trainedNumbers : 0;
  const bytes = { sampling: NUMBER * passes.sampling, scoring: NUMBER * (passes.scoring + fresh) };
  const process = processBytes[workload.engine];
  return {
    ...{ parameters, trained: trainedNumbers, process, held, training },
    weights: heldFormat(plans, arithmetic.weights, packed),
    ...bytes,
    model: held + training,
    total: process + held + training + Math.max(bytes.sampling, bytes.scoring),
  };
}

/** The workload of a run: sampling `rollout.batch` prompts at once, and training on `microBatch` of them. */
export function trainingWorkload(
  config: Config,
  engine: { readonly name: EngineName; readonly packed: boolean },
  prompt: PromptSize,
): Workload {
  const { prompts, batch = prompts, completions, maxTokens: tokens, cache } = config.rollout;
  const { weights, activations, lora, objective } = config;
  return {
    arithmetic: { ...(weights === undefined ? {} : { weights }), activations, cache },
    ...{ engine: engine.name, packed: engine.packed, prompt },
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

/** Prefill, then a token at a time for all completions. */
function samplingNumbers(
  config: QwenConfig,
  prompt: PromptSize,
  { prompts, completions, tokens }: NonNullable<Workload['sampling']>,
  cache: Arithmetic['cache'],
): number {
  const { text } = config;
  const keysAndValues = 2 * text.layers * text.keyValueHeads * text.headDimension;
  const cached =
    prompts * (prompt.tokens + completions * tokens) * keysAndValues * (cache === 'bfloat16' ? 0.5 : 1);
  const prefill = prompts * (prompt.tokens * layerNumbers(config) + prompt.patches * blockNumbers(config));
  // Logits, probabilities and what is sorted of them.
  const logits = 3 * prompts * completions * text.vocabularySize;
  return cached + Math.max(prefill, logits);
}

/** One pass over some groups and their views; with a gradient, what the backward pass finds kept. */
function scoringNumbers(
  config: QwenConfig,
  prompt: PromptSize,
  { prompts, completions, tokens, views }: NonNullable<Workload['scoring']>,
  of: { readonly gradient: boolean; readonly trained: Workload['trained']; readonly parameters: number },
): number {
  const { text, vision } = config;
  const groupRows = (sampled: number) => prompts * (prompt.tokens + sampled * tokens);
  const rows = groupRows(completions) + views * groupRows(Math.max(1, completions - 1));
  const patches = prompts * (1 + views) * prompt.patches;
  const scored = Math.min(logitsAtOnce, prompts * completions * tokens * text.vocabularySize);
  const layer = rows * layerNumbers(config);
  const states = rows * text.hiddenSize;
  const block = patches * blockNumbers(config);
  if (!of.gradient) {
    // One layer at a time, and of the tower, before the decoder, one block.
    return Math.max(block, layer) + states + LOGIT_BUFFERS.plain * scored;
  }
  const kept = keptLayers(of.parameters, text.layers);
  const trainsVision = of.trained === 'all';
  const keptBlocks = trainsVision ? WITH_GRADIENTS * keptLayers(of.parameters, vision.depth).whole : 0;
  const decoder = WITH_GRADIENTS * kept.whole * layer + kept.inputs * states;
  return Math.max(decoder + keptBlocks * block, block) + LOGIT_BUFFERS.gradient * scored;
}

function isTrained(trained: Workload['trained']): (name: string) => boolean {
  if (trained === 'all') return () => true;
  return trained === 'text' ? (name) => !name.startsWith('visual.') : () => false;
}

function adapterNumbers(config: QwenConfig, rank: number): number {
  let numbers = 0;
  for (const [name, [rows = 0, columns = 0]] of parameterShapes(config)) {
    if (/^model\.layers\.\d+\..*_proj\.weight$/.test(name)) numbers += rank * (rows + columns);
  }
  return numbers;
}

/** Numbers that a decoder layer makes of one token, with adapters or without. */
function layerNumbers({ text }: QwenConfig): number {
  const { hiddenSize, intermediateSize, keyValueHeads, headDimension } = text;
  return 12 * hiddenSize + 5 * keyValueHeads * headDimension + 3 * intermediateSize;
}

/** Numbers that a vision block makes of one patch. */
function blockNumbers({ vision }: QwenConfig): number {
  return 16 * vision.hiddenSize + 5 * vision.intermediateSize;
}

/** How many views are scored with a gradient beside the picture itself. */
function gradientViews({ objective, views }: Config): number {
  if (objective.type === 'papo') return 1;
  if (objective.type !== 'cppo') return 0;
  return 1 + (typeof views === 'object' && Array.isArray(views.removing) ? views.removing.length : 1);
}

/** Layers whose activations, and layers whose inputs, are alive at once in the backward pass, by the policy's own choice of checkpointing. */
function keptLayers(parameters: number, layers: number): { whole: number; inputs: number } {
  if (parameters < 5e7) return { whole: layers, inputs: 0 };
  if (parameters < 1e9) return { whole: 1, inputs: layers };
  const segment = Math.ceil(Math.sqrt(layers));
  return { whole: 1, inputs: segment + Math.ceil(layers / segment) };
}

/** The narrowest format that any weight is held in. */
function heldFormat(
  plans: ReturnType<typeof parameterPlans>,
  weights: WeightFormat | undefined,
  packed: boolean,
): WeightFormat {
  const frozen = plans.filter(({ trained, shape }) => !trained && shape.length > 1);
  if (frozen.length === 0 || !packed) return 'float32';
  if (weights !== undefined) return weights;
  return (
    (['nf4', 'int8', 'bfloat16'] as const).find((format) => frozen.some(({ stored }) => stored === format)) ??
    'float32'
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);
