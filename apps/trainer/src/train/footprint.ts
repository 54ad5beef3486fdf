import { modelBytes } from '@cppo/engine';
import { parameterShapes, type QwenConfig } from '@cppo/policy-qwen';
import type { Config } from '../config/schema.js';

/** Bytes that a run takes from its engine at its widest, by what takes them. */
export interface Footprint {
  readonly parameters: number;
  /** Numbers trained: all, those outside the vision tower, or the adapters'. */
  readonly trained: number;
  /** Weights, gradients, Adam's moments, and a reference model of its own. Exact. */
  readonly model: number;
  /** Keys, values and activations while a step samples. */
  readonly sampling: number;
  /** Activations and logits while a micro-batch is trained on. */
  readonly training: number;
  /** model + the greater of the other two. */
  readonly total: number;
}

/** The largest prompt of a run, as far as it is known. */
export interface PromptSize {
  readonly tokens: number;
  /** Patches that the vision tower sees. */
  readonly patches: number;
}

const NUMBER = 4;
/** Numbers of logits that are held at once while scoring (`tokenLogProbs`), and buffers of as many. */
const LOGITS_AT_ONCE = 2 ** 25;
const LOGIT_BUFFERS = 4;

/**
 * What a run needs at most. The model's part is exact; activations are reckoned as if every group had something to teach,
 * all completions had their full length and all but one in a group carried the perception loss: most steps take half of it.
 *
 *   a decoder layer keeps 12·D + 5·KV + 3·F numbers a token, a vision block 16·D + 5·F a patch
 */
export function footprint(model: QwenConfig, config: Config, prompt: PromptSize): Footprint {
  const { prompts, completions, maxTokens } = config.rollout;
  const { text } = model;
  const parameters = numbers(model, () => true);
  const trained = trainedNumbers(model, config);
  const adapters = config.lora === null ? 0 : trained;
  const reference = config.objective.kl.coefficient > 0 && config.lora === null ? parameters : 0;
  const fixed = modelBytes({ parameters: parameters + adapters, trained }) + NUMBER * reference;

  const perToken = layerNumbers(model, config.lora !== null);
  const vision = prompt.patches * blockNumbers(model);
  const keysAndValues = 2 * text.layers * text.keyValueHeads * text.headDimension;
  const sampling =
    prompts *
    (prompt.tokens * text.layers * perToken +
      vision * model.vision.depth +
      (prompt.tokens + completions * maxTokens) * keysAndValues +
      3 * completions * text.vocabularySize);

  const micro = Math.min(config.microBatch, prompts);
  const rows = (sampled: number) => micro * (prompt.tokens + sampled * maxTokens);
  const views = gradientViews(config);
  const tokens = rows(completions) + views * rows(Math.max(1, completions - 1));
  const patches = (1 + views) * micro;
  const scored = Math.min(LOGITS_AT_ONCE, micro * completions * maxTokens * text.vocabularySize);
  const kept = keptLayers(parameters, text.layers);
  const keptBlocks =
    config.freezeVision || config.lora !== null ? 0 : keptLayers(parameters, model.vision.depth).whole;
  const training =
    // TensorFlow.js keeps what the forward pass made and, until the backward pass is over, the gradient of all of it.
    2 * tokens * (kept.whole * perToken + kept.inputs * text.hiddenSize) +
    2 * patches * vision * keptBlocks +
    LOGIT_BUFFERS * scored +
    trained; // the micro-batch's own gradients beside their sum

  return {
    parameters,
    trained,
    model: fixed,
    sampling: NUMBER * sampling,
    training: NUMBER * training,
    total: fixed + NUMBER * Math.max(sampling, training),
  };
}

function numbers(model: QwenConfig, wanted: (name: string) => boolean): number {
  let sum = 0;
  for (const [name, shape] of parameterShapes(model)) {
    if (wanted(name)) sum += shape.reduce((product, size) => product * size, 1);
  }
  return sum;
}

function trainedNumbers(model: QwenConfig, { lora, freezeVision }: Config): number {
  if (lora === null) return numbers(model, (name) => !freezeVision || !name.startsWith('visual.'));
  let sum = 0;
  for (const [name, shape] of parameterShapes(model)) {
    if (/^model\.layers\.\d+\..*_proj\.weight$/.test(name)) sum += lora.rank * (shape[0]! + shape[1]!);
  }
  return sum;
}

/** Numbers that a decoder layer makes of one token; adapters make three more of every output of a linear layer. */
function layerNumbers({ text }: QwenConfig, adapted: boolean): number {
  const { hiddenSize, intermediateSize } = text;
  const keys = text.keyValueHeads * text.headDimension;
  const plain = 12 * hiddenSize + 5 * keys + 3 * intermediateSize;
  return adapted ? plain + 3 * (3 * hiddenSize + 2 * keys + 2 * intermediateSize) : plain;
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

/** What the backward pass finds kept, by the policy's own choice of checkpointing. */
function keptLayers(parameters: number, layers: number): { whole: number; inputs: number } {
  if (parameters < 5e7) return { whole: layers, inputs: 0 };
  if (parameters < 1e9) return { whole: 2, inputs: layers };
  const segment = Math.ceil(Math.sqrt(layers));
  return { whole: 2, inputs: segment + Math.ceil(layers / segment) };
}
