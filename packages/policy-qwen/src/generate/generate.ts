import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { requireEncoded } from '../check-encoded.js';
import type { QwenModel } from '../model/model.js';
import { NotFiniteError } from '../not-finite-error.js';
import type { EncodedPrompt } from '../prompt.js';
import { type Branch, BranchGrid, type GrownBranch } from './branches.js';
import { chooseTokens } from './choose.js';
import { branchDecoder, decode, moveBranches, prefill } from './forward.js';
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
  /**
   * How many equal prompts precede each outside of this request: in other parts of a batch. Equal prompts get different
   * completions by their number. Default 0 of each.
   */
  readonly occurrences?: readonly number[];
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

const schema = z.strictObject({
  completions: z.number().int().min(1).default(1),
  maxTokens: z.number().int().min(1).default(128),
  temperature: z.number().min(0).default(1),
  seed: z.number().int().default(0),
  topK: z.number().int().min(0).default(0),
  topP: z.number().gt(0).max(1).default(1),
  minP: z.number().min(0).max(1).default(0),
  repetitionPenalty: z.number().gt(0).default(1),
  occurrences: z.array(z.number().int().min(0)).optional(),
  stopIds: z.array(z.number().int().min(0)).optional(),
  onToken: z.custom((value) => typeof value === 'function', 'expected a function').optional(),
  signal: z.instanceof(AbortSignal).optional(),
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
 * @throws RangeError when an option is unknown or out of range; NotFiniteError when the model gives no probabilities.
 */
export async function generate(
  model: QwenModel,
  prompts: readonly EncodedPrompt[],
  options: GenerateOptions,
  defaults: { readonly stopIds: readonly number[]; readonly bannedIds: readonly number[] },
): Promise<SampledCompletion[][]> {
  const settings = parseOptions('generate', schema, options);
  requireEncoded('generate', prompts, model.config.text.vocabularySize);
  if (prompts.length === 0) return [];
  const { onToken, signal } = options;
  const stopIds = new Set(options.stopIds ?? defaults.stopIds);
  const banned = new Set(defaults.bannedIds);
  const { occurrences = prompts.map(() => 0) } = settings;
  if (occurrences.length !== prompts.length) {
    throw new RangeError(
      `generate: occurrences has ${occurrences.length} numbers; expected one for each of ${prompts.length} prompts.`,
    );
  }
  const drafts = prepareDrafts(prompts, settings.completions, settings.seed, occurrences);

  const { segments, logits: first } = prefill(model, prompts);
  const decoder = branchDecoder(model, segments);
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
          requireFinite(logProb, draft.tokens.length);
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
      if (moved) moveBranches(decoder, segments, moved, grid, model.config.text.keyValueHeads);
      grid = next;
      logits = decode(model, decoder, grid, tokens, (branch) => nextPosition(branch, prompts, drafts));
      if (Date.now() - lastPause > 50) {
        // Lets timers and signals through: on some engines no step ever waits.
        await new Promise((resolve) => setTimeout(resolve, 0));
        lastPause = Date.now();
      }
      if (signal?.aborted) logits.dispose();
      signal?.throwIfAborted();
    }
  } finally {
    decoder.dispose();
    segments.dispose();
  }
  return drafts.map((group) =>
    group.map(({ tokens, logProbs, truncated }) => ({
      tokens: Int32Array.from(tokens),
      logProbs: Float32Array.from(logProbs),
      truncated,
    })),
  );
}

/** A chosen token has a probability above 0, so that only broken logits give anything but a number. */
function requireFinite(logProb: number, tokens: number): void {
  if (Number.isFinite(logProb)) return;
  throw new NotFiniteError(
    `generate: the log-probability of token ${tokens + 1} is ${logProb}; expected a finite number. A weight of the model is not ` +
      'finite, or what it computes overflows.',
  );
}

function prepareDrafts(
  prompts: readonly EncodedPrompt[],
  completions: number,
  seed: number,
  before: readonly number[],
): Draft[][] {
  const occurrences = new Map<number, number>();
  return prompts.map((prompt, i) => {
    const hash = promptHash(prompt);
    const inRequest = occurrences.get(hash) ?? 0;
    occurrences.set(hash, inRequest + 1);
    const occurrence = inRequest + (before[i] ?? 0);
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
