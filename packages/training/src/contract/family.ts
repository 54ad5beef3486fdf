import type { Arithmetic, Capacity } from './capacity.js';
import type { Encoded, PromptEncoder, TrainedPolicy } from './policy.js';

/** How it is to be loaded; what is left out of the arithmetic is the policy's to choose. */
export interface PolicyLoadOptions<Format extends string = string> extends Partial<Arithmetic<Format>> {
  /** False for a policy that is not trained: a reference, or one that a command asks. */
  readonly trainable?: boolean;
  readonly trainVision?: boolean;
  /** Trains low-rank adapters, scaled by alpha / rank, in place of the weights. */
  readonly lora?: { readonly rank: number; readonly alpha: number };
  /** Directory of saved adapters, to go on from. */
  readonly adapter?: string;
}

/** What a use asks of a policy: its methods, and what else it has to have. */
export type PolicyPart =
  | 'encode'
  | 'generate'
  | 'score'
  | 'save'
  | 'saveAdapters'
  | 'withoutAdapters'
  | 'variables'
  | 'headWeight'
  | 'tokenizer.decode'
  | 'tokenizer.encode'
  | 'tokenizer.tokenId';

/** What a loader receives beside its options. */
export interface LoadingFor<P extends Encoded> {
  /** The same source as `encoder` of the family opened it, so that its small files need not be read again. */
  readonly encoder?: PromptEncoder<P>;
  /** What will be asked of the policy; left out, what its options imply for a training. */
  readonly needed?: readonly PolicyPart[];
}

/** Loads a model: `model` of the configuration, or the directory of a checkpoint that the policy itself saved. */
export type PolicyLoader<P extends Encoded, Format extends string = string> = (
  source: string,
  options: PolicyLoadOptions<Format>,
  loadingFor?: LoadingFor<P>,
) => Promise<TrainedPolicy<P, Format>>;

/** A family of models: what a configuration's `policy` names. */
export interface PolicyFamily<P extends Encoded, Format extends string = string> {
  readonly load: PolicyLoader<P, Format>;
  /** Opens a model without its weights. Without it the weights are read first, and the policy encodes. */
  encoder?(source: string, needed?: readonly PolicyPart[]): Promise<PromptEncoder<P>>;
  /**
   * What a model takes of the memory, so that one that cannot fit is refused before its weights are read. Without it the
   * attempt shows.
   *
   * @param encoder of the same source; before it is open, what is known at once, without a download, or nothing.
   */
  capacity?(source: string, encoder?: PromptEncoder<P>): Promise<Capacity<P, Format> | undefined>;
}
