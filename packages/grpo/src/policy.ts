import type { Tensor2D, Tensor3D, Variable } from '@tensorflow/tfjs-core';
import type { HeadWeight } from './objective/head.js';

/** One sampled answer to a prompt. */
export interface Completion {
  /** [T] sampled token ids; the end token is included when it was sampled. */
  readonly tokens: Int32Array;
  /**
   * [T] log-probabilities (nats) of `tokens` under the policy that sampled them: those of the
   * untruncated distribution at the sampling temperature (top-k and top-p do not renormalise them).
   */
  readonly logProbs: Float32Array;
  /**
   * [T] what the sampler recorded, when `logProbs` have since been computed by the trainer (`rescore`): the two
   * differ where the sampler is another engine or has older weights.
   */
  readonly sampledLogProbs?: Float32Array;
  /** Steps that the weights which sampled it had behind them, where a sampler elsewhere says so. */
  readonly version?: number;
  /** `tokens` decoded, without special tokens. */
  readonly text: string;
  /** True when the length limit, not an end token, stopped it. */
  readonly truncated: boolean;
}

/**
 * One prompt (text and image) with its G completions: the unit on which everything works.
 *
 * @typeParam P what the policy understands as an encoded prompt; opaque here.
 */
export interface Group<P> {
  /** Sample id; with the epoch it seeds everything drawn for this group. */
  readonly id: string;
  readonly prompt: P;
  readonly completions: readonly Completion[];
  /** The same prompt with other versions of its image, by name; the token ids are the same in all. */
  readonly views?: Readonly<Record<string, P>>;
  /** Rank of the learner that computes on it, on a cluster (`gatherGroups`). Default 0. */
  readonly learner?: number;
}

/** One prompt with completions whose tokens are to be scored. */
export interface ScoreRequest<P> {
  readonly prompt: P;
  /** Token ids of each completion; at least one. */
  readonly completions: readonly Int32Array[];
}

export interface ScoreOptions {
  /** Logits are divided by it first. Default 1. */
  readonly temperature?: number;
  /** Also return the last hidden states (after the final norm), for exact distances. Default false. */
  readonly hidden?: boolean;
}

/**
 * Scores of all completions of some groups, in the order of the requests and of the completions
 * within each, padded on the right to the longest. B completions, T tokens.
 * Differentiable with respect to `Policy.variables` when called under `tf.variableGrads`.
 */
export interface TokenScores {
  /** [B, T] nats; 0 on padding. */
  readonly logProbs: Tensor2D;
  /** [B, T] entropy over the whole vocabulary, nats; 0 on padding. */
  readonly entropies: Tensor2D;
  /** [B, T] 1 on completion tokens, 0 on padding. */
  readonly mask: Tensor2D;
  /** [B, T, D] hidden state from which token t was predicted; only on request. */
  readonly hidden?: Tensor3D;
}

/** Something that gives log-probabilities to completions; enough for a reference policy. */
export interface Scorer<P> {
  score(requests: readonly ScoreRequest<P>[], options?: ScoreOptions): TokenScores;
}

export interface GenerateOptions {
  /** G, completions per prompt. */
  readonly completions: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

/** What the training step needs of a model. `@cppo/policy-qwen` satisfies it structurally. */
export interface Policy<P> extends Scorer<P> {
  /** The trained variables. */
  readonly variables: readonly Variable[];
  generate(prompts: readonly P[], options: GenerateOptions): Promise<Completion[][]>;
  /** [V, D] output embedding that turns hidden states into logits (for exact distances): a tensor or a `Head`. */
  readonly headWeight: HeadWeight;
}
