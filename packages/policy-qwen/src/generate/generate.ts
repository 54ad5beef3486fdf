import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { attention, paddedKeys } from '../model/attention.js';
import { attentionLayout, paddingBias } from '../model/attention-layout.js';
import { type Attend, decoderLayer, embed } from '../model/decoder.js';
import { rmsNorm } from '../model/kernels.js';
import type { QwenModel } from '../model/model.js';
import { textRotary } from '../model/rotary.js';
import type { EncodedPrompt } from '../prompt.js';
import { type Branch, BranchGrid, type GrownBranch } from './branches.js';
import { LayerCache, placement } from './cache.js';
import { chooseTokens } from './choose.js';
import { completionGenerator, promptHash, type Uniform } from './random.js';
import type { SampledToken } from './sampling.js';

/** A token as it is sampled. */
export interface TokenEvent {
  /** Number of the prompt in the batch. */
  readonly prompt: number;
  /** Number of the completion of that prompt. */
  readonly completion: number;
  readonly token: number;
  readonly logProb: number;
}

export interface GenerateOptions {
  /** G, completions per prompt. Default 1. */
  readonly completions?: number;
  /** Longest completion, tokens. Default 128. */
  readonly maxTokens?: number;
  /** Logits are divided by it; 0 takes the most probable token always. Default 1. */
  readonly temperature?: number;
  /** Together with the prompt it decides what is sampled. Default 0. */
  readonly seed?: number;
  /** Only the k most probable tokens; 0, the default, for all. */
  readonly topK?: number;
  /** Only the fewest tokens whose probabilities reach this sum. Default 1, all. */
  readonly topP?: number;
  /** Only tokens at least this times as probable as the most probable. Default 0, all. */
  readonly minP?: number;
  /** > 1 makes tokens that occurred, in the prompt too, less probable. Default 1. */
  readonly repetitionPenalty?: number;
  /** Ids that end a completion. Default: those of the model. */
  readonly stopIds?: readonly number[];
  /** Called with every token as it is sampled. */
  readonly onToken?: (event: TokenEvent) => void;
  /** Stops the sampling; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** A sampled completion as token ids. */
export interface SampledCompletion {
  readonly tokens: Int32Array;
  readonly logProbs: Float32Array;
  readonly truncated: boolean;
}

const schema = z.object({
  completions: z.number().int().min(1).default(1),
  maxTokens: z.number().int().min(1).default(128),
  temperature: z.number().min(0).default(1),
  seed: z.number().int().default(0),
  topK: z.number().int().min(0).default(0),
  topP: z.number().gt(0).max(1).default(1),
  minP: z.number().min(0).max(1).default(0),
  repetitionPenalty: z.number().gt(0).default(1),
});

/** A completion on its way. */
interface Draft {
  readonly tokens: number[];
  readonly logProbs: number[];
  readonly seen: Set<number>;
  readonly uniform: Uniform;
  truncated: boolean;
}

/**
 * Samples G completions of every prompt, all of them together, each prompt's keys and values computed once.
 *
 * @param defaults stop ids and banned ids of the model.
 * @returns for each prompt its G completions.
 * @throws RangeError when an option is out of range.
 */
export async function generate(
  model: QwenModel,
  prompts: readonly EncodedPrompt[],
  options: GenerateOptions,
  defaults: { readonly stopIds: readonly number[]; readonly bannedIds: readonly number[] },
): Promise<SampledCompletion[][]> {
  const parsed = schema.safeParse(options);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const key = issue?.path[0] as keyof GenerateOptions;
    throw new RangeError(`generate: ${key} is ${String(options[key])}: ${issue?.message}.`);
  }
  if (prompts.length === 0) return [];
  const settings = parsed.data;
  const { onToken, signal } = options;
  const stopIds = new Set(options.stopIds ?? defaults.stopIds);
  const banned = new Set(defaults.bannedIds);
  const drafts = prepareDrafts(prompts, settings.completions, settings.seed);

  const { caches, bias, logits: first } = prefill(model, prompts);
  let grid = BranchGrid.start(prompts.length, settings.completions);
  let lastPause = Date.now();
  try {
    let logits = first;
    for (;;) {
      const choosers = grid.branches.map(({ prompt, completions }, row) => {
        const own = completions.map((completion) => draftOf(drafts, prompt, completion));
        return { row, seen: (own[0] as Draft).seen, uniforms: own.map(({ uniform }) => uniform) };
      });
      const sampled = await chooseTokens(logits, choosers, settings, banned);
      const grown = grid.branches.map(({ prompt, completions }, row): GrownBranch[] => {
        const going = new Map<number, number[]>();
        completions.forEach((completion, place) => {
          const { token, logProb } = (sampled[row] as SampledToken[])[place] as SampledToken;
          const draft = draftOf(drafts, prompt, completion);
          draft.tokens.push(token);
          draft.logProbs.push(logProb);
          draft.seen.add(token);
          onToken?.({ prompt, completion, token, logProb });
          draft.truncated = !stopIds.has(token) && draft.tokens.length === settings.maxTokens;
          if (stopIds.has(token) || draft.truncated) return;
          going.set(token, [...(going.get(token) ?? []), completion]);
        });
        return Array.from(going, ([token, completions]) => ({ token, completions }));
      });
      const { grid: next, tokens, moved } = grid.grow(grown);
      if (tokens.length === 0) break;
      if (moved) selectCaches(caches, bias, moved.fromRows, moved.fromSlots, grid, model);
      grid = next;
      logits = decode(model, caches, grid, tokens, (branch) => nextPosition(branch, prompts, drafts));
      if (Date.now() - lastPause > 50) {
        // Lets timers and signals through: on some engines no step ever waits.
        await new Promise((resolve) => setTimeout(resolve, 0));
        lastPause = Date.now();
      }
      if (signal?.aborted) logits.dispose();
      signal?.throwIfAborted();
    }
  } finally {
    for (const cache of caches) cache.dispose();
    bias.current?.dispose();
  }
  return drafts.map((group) =>
    group.map(({ tokens, logProbs, truncated }) => ({
      tokens: Int32Array.from(tokens),
      logProbs: Float32Array.from(logProbs),
      truncated,
    })),
  );
}

function prepareDrafts(prompts: readonly EncodedPrompt[], completions: number, seed: number): Draft[][] {
  const occurrences = new Map<number, number>();
  return prompts.map((prompt) => {
    const hash = promptHash(prompt);
    const occurrence = occurrences.get(hash) ?? 0;
    occurrences.set(hash, occurrence + 1);
    return Array.from({ length: completions }, (_, completion) => ({
      tokens: [],
      logProbs: [],
      seen: new Set(prompt.ids),
      uniform: completionGenerator(seed, hash, occurrence, completion),
      truncated: false,
    }));
  });
}

function draftOf(drafts: readonly Draft[][], prompt: number, completion: number): Draft {
  return drafts[prompt]?.[completion] as Draft;
}

/** The position of the token that a branch was given last, the same on all three axes. */
function nextPosition(
  { prompt, completions }: Branch,
  prompts: readonly EncodedPrompt[],
  drafts: readonly Draft[][],
): number {
  const { ids, ropeDelta } = prompts[prompt] as EncodedPrompt;
  const [any] = completions as [number];
  return ids.length + ropeDelta + draftOf(drafts, prompt, any).tokens.length - 1;
}

/** Runs all prompts once: the caches of every layer, and the logits [P, V] of the token after each prompt. */
function prefill(model: QwenModel, prompts: readonly EncodedPrompt[]) {
  const { config, weights } = model;
  const bias: { current: tf.Tensor4D | undefined } = { current: undefined };
  const caches: LayerCache[] = [];
  const logits = tf.tidy(() => {
    const lengths = prompts.map(({ ids }) => ids.length);
    const vision = model.see(prompts.flatMap(({ images }) => images));
    const ids = Int32Array.from(prompts.flatMap((prompt) => Array.from(prompt.ids)));
    const rotary = textRotary(joinPositions(prompts), config.text);
    const layout = attentionLayout({ lengths, causal: true }, config.text);
    const longest = Math.max(...lengths);
    if (lengths.some((length) => length < longest)) {
      bias.current = tf.keep(paddingBias(lengths, config.text.keyValueHeads));
    }
    let end = -1;
    const ends = tf.tensor1d(
      Int32Array.from(lengths, (length) => (end += length)),
      'int32',
    );
    // Of the last layer only what the next tokens come from is read.
    const lastRows = (rows: tf.Tensor2D) => tf.gather(rows, ends) as tf.Tensor2D;
    let x = embed(ids, weights.embedding, vision, config.tokens.image);
    weights.layers.forEach((layer, index) => {
      const keep = index === weights.layers.length - 1 ? lastRows : undefined;
      const attend: Attend = (q, k, v) => {
        const keys = tf.keep(paddedKeys(k, layout));
        const values = tf.keep(paddedKeys(v, layout));
        caches.push(new LayerCache({ keys, values }, bias));
        return attention(q, k, v, layout);
      };
      x = replaced(x, (states) => decoderLayer(states, layer, config.text, rotary, attend, keep));
    });
    return head(model, x);
  });
  return { caches, bias, logits };
}

function joinPositions(prompts: readonly EncodedPrompt[]): Int32Array {
  const axes = [0, 1, 2].flatMap((axis) =>
    prompts.map(({ positions, ids }) => positions.subarray(axis * ids.length, (axis + 1) * ids.length)),
  );
  const joined = new Int32Array(axes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of axes) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Logits [N, V] after one more token of each of N branches. */
function decode(
  model: QwenModel,
  caches: readonly LayerCache[],
  grid: BranchGrid,
  tokens: readonly number[],
  position: (branch: Branch) => number,
): tf.Tensor2D {
  const { config, weights } = model;
  return tf.tidy(() => {
    const positions = grid.branches.map(position);
    const rotary = textRotary(Int32Array.from([...positions, ...positions, ...positions]), config.text);
    const places = placement(grid, config.text);
    let x = tf.gather(weights.embedding, tf.tensor1d(Int32Array.from(tokens), 'int32')) as tf.Tensor2D;
    weights.layers.forEach((layer, index) => {
      const cache = caches[index] as LayerCache;
      x = replaced(x, (states) => cache.layer(states, layer, rotary, places, config.text));
    });
    return head(model, x);
  });
}

/** What a layer makes of the states; they and all between are gone then, so that depth costs no memory. */
function replaced(states: tf.Tensor2D, layer: (states: tf.Tensor2D) => tf.Tensor2D): tf.Tensor2D {
  const next = tf.tidy(() => layer(states));
  states.dispose();
  return next;
}

function head(model: QwenModel, states: tf.Tensor2D): tf.Tensor2D {
  const { config, weights } = model;
  return tf.matMul(rmsNorm(states, weights.norm, config.text.normEpsilon), weights.head, false, true);
}

function selectCaches(
  caches: readonly LayerCache[],
  bias: { current: tf.Tensor4D | undefined },
  fromRows: readonly number[],
  fromSlots: readonly number[],
  grid: BranchGrid,
  model: QwenModel,
): void {
  const kv = model.config.text.keyValueHeads;
  const heads = Array.from({ length: kv }, (_, head) => head);
  const { width } = grid;
  const perRow = fromSlots.length / fromRows.length;
  const rows = fromRows.flatMap((row, at) =>
    heads.flatMap((head) =>
      fromSlots
        .slice(at * perRow, (at + 1) * perRow)
        .map((slot) => (row * kv + head) * width + (slot % width)),
    ),
  );
  tf.tidy(() => {
    const own = tf.tensor1d(rows, 'int32');
    for (const cache of caches) cache.selectOwn(own);
    // Prompts are long: they are copied only when one of them has no branch left.
    if (fromRows.length === grid.rows.length) return;
    const prefixRows = fromRows.flatMap((row) => heads.map((head) => row * kv + head));
    const prefix = tf.tensor1d(prefixRows, 'int32');
    for (const cache of caches) cache.selectPrefix(prefix);
    if (bias.current) {
      const previous = bias.current;
      bias.current = tf.keep(tf.gather(previous, prefix));
      previous.dispose();
    }
  });
}
