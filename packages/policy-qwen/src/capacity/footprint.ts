import { adapterNumbers } from '../adapt/lora.js';
import type { QwenConfig } from '../config.js';
import type { WeightFormat } from '../formats.js';
import { chooseCheckpointing, segmentLength } from '../model/choose-checkpointing.js';
import { weightBytes } from '../model/weight-bytes.js';
import { parameterShapes } from '../parameters.js';
import { isVision } from '../read-policy.js';
import { logitsAtOnce } from '../score/token-log-probs.js';
import { plannedFormat } from './held-format.js';
import { type ModelFacts, parameterPlans } from './known-facts.js';
import type { PromptSize } from './prompt-size.js';

/** What a model is asked to do, and on what. */
export interface Workload {
  /** In which numbers weights are held, and keys and values while sampling; see `PolicyOptions`. */
  readonly arithmetic: {
    readonly weights?: WeightFormat;
    readonly cache: 'float32' | 'bfloat16';
  };
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

/** Bytes that a model takes at its widest, by what takes them; the process around it is not counted. */
export interface ModelFootprint {
  readonly parameters: number;
  /** Numbers trained: all, those outside the vision tower, or the adapters'. */
  readonly trained: number;
  /** How frozen weights are held. */
  readonly weights: WeightFormat;
  /** Weights of all models, frozen or trained. Exact. */
  readonly held: number;
  /** Gradients and Adam's moments. Exact. */
  readonly training: number;
  /** Keys, values and activations while sampling. */
  readonly sampling: number;
  /** Activations and logits of a pass. */
  readonly scoring: number;
}

const NUMBER = 4;
/** Buffers of `logitsAtOnce` numbers while scoring without a gradient, and with one. */
const LOGIT_BUFFERS = { plain: 3, gradient: 7 };
/** A layer's activations are alive together with the gradients of them. */
const WITH_GRADIENTS = 2;

/**
 * What a model needs at its widest. Weights, gradients and moments are exact; activations are counted as if every group had something
 * to teach, all completions had their full length, and all but one in a group carried the perception loss: many steps take less.
 *
 *   a decoder layer makes 8·D + 4·Q + 5·KV + 3·F numbers of a token, with normalised heads Q + KV more; a vision block
 *   16·D + 5·F of a patch, without a gate 16·D + 3·F
 */
export function footprint(model: ModelFacts, workload: Workload): ModelFootprint {
  const { config } = model;
  const { arithmetic, packed, trained, reference, prompt, sampling, scoring } = workload;
  const plans = parameterPlans(model, isTrained(trained));
  const parameters = sum(plans.map(({ shape }) => product(shape)));
  const adapters = typeof trained === 'object' ? adapterNumbers(parameterShapes(config), trained.rank) : 0;
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
  // A micro-batch's gradients are held together with their sum.
  const fresh = gradient ? trainedNumbers : 0;
  return {
    ...{ parameters, trained: trainedNumbers, held, training },
    weights: plannedFormat(plans, arithmetic.weights, packed),
    sampling: NUMBER * passes.sampling,
    scoring: NUMBER * (passes.scoring + fresh),
  };
}

/** Prefill, then a token at a time for all completions. */
function samplingNumbers(
  config: QwenConfig,
  prompt: PromptSize,
  { prompts, completions, tokens }: NonNullable<Workload['sampling']>,
  cache: Workload['arithmetic']['cache'],
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
  return trained === 'text' ? (name) => !isVision(name) : () => false;
}

/** Numbers that a decoder layer makes of one token, with adapters or without. */
function layerNumbers({ text }: QwenConfig): number {
  const { hiddenSize, intermediateSize, heads, keyValueHeads, headDimension, design } = text;
  const [queries, keys] = [heads * headDimension, keyValueHeads * headDimension];
  const normalised = design.headNorms ? queries + keys : 0;
  return 8 * hiddenSize + 4 * queries + 5 * keys + normalised + 3 * intermediateSize;
}

/** Numbers that a vision block makes of one patch. */
function blockNumbers({ vision }: QwenConfig): number {
  return 16 * vision.hiddenSize + (vision.design.mlp === 'swiglu' ? 5 : 3) * vision.intermediateSize;
}

/** Layers whose activations, and layers whose inputs, are alive at once in the backward pass, by the policy's own choice of checkpointing. */
function keptLayers(parameters: number, layers: number): { whole: number; inputs: number } {
  const checkpointing = chooseCheckpointing(parameters);
  if (checkpointing === 'none') return { whole: layers, inputs: 0 };
  if (checkpointing === 'layers') return { whole: 1, inputs: layers };
  const segment = segmentLength(layers);
  return { whole: 1, inputs: segment + Math.ceil(layers / segment) };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);
