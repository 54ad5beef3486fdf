import type {
  Capacity,
  Completion,
  EncodedPrompt,
  GenerateOptions,
  LoraOptions,
  QwenTokenizer,
  WeightFormat,
} from '@cppo/policy-qwen';
import type {
  PromptEncoder as PromptEncoderOf,
  SamplingOptions,
  TrainedPolicy as TrainedPolicyOf,
} from '@cppo/training';
import type { Arithmetic } from './arithmetic.js';

/** What the trainer needs of a model. `QwenPolicy` is one; adapters are asked for only where it has some. */
export interface TrainedPolicy extends TrainedPolicyOf<EncodedPrompt> {
  /** `encode` and `tokenId` are for answers that a command is given. */
  readonly tokenizer: TrainedPolicyOf<EncodedPrompt>['tokenizer'] &
    Partial<Pick<QwenTokenizer, 'encode' | 'tokenId'>>;
  generate(
    prompts: readonly EncodedPrompt[],
    options?: SamplingOptions & Pick<GenerateOptions, 'onToken'>,
  ): Promise<Completion[][]>;
  /** How each parameter is held, for reports. */
  readonly parameters?: ReadonlyMap<string, { readonly format: WeightFormat }>;
}

/** A model without its weights: it encodes what is asked of it. A policy is one too. */
export interface PromptEncoder extends PromptEncoderOf<EncodedPrompt> {
  /** As those of a policy. */
  readonly notes?: TrainedPolicy['notes'];
  readonly tokenizer?: TrainedPolicy['tokenizer'];
}

/** How it is to be loaded; what is left out of the arithmetic is the policy's to choose. */
export interface PolicyLoadOptions extends Partial<Arithmetic> {
  /** False for a policy that is not trained: a reference, or one that a command asks. */
  readonly trainable?: boolean;
  readonly trainVision?: boolean;
  readonly lora?: LoraOptions;
  /** Directory of saved adapters to continue from. */
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
export interface LoadingFor {
  /** The same source as `encoder` of the family opened it, so that its small files need not be read again. */
  readonly encoder?: PromptEncoder;
  /** What will be asked of the policy; left out, what its options imply for a training. */
  readonly needed?: readonly PolicyPart[];
}

/** Loads a model: `model` of the configuration, or the directory of a checkpoint that the policy itself saved. */
export type PolicyLoader = (
  source: string,
  options: PolicyLoadOptions,
  loadingFor?: LoadingFor,
) => Promise<TrainedPolicy>;

/** A family of models: what a configuration's `policy` names. */
export interface PolicyFamily {
  readonly load: PolicyLoader;
  /** Opens a model without its weights. Without it the weights are read first, and the policy encodes. */
  encoder?(source: string, needed?: readonly PolicyPart[]): Promise<PromptEncoder>;
  /**
   * What a model takes of the memory, so that one that cannot fit is refused before its weights are read. Without it the
   * attempt shows.
   *
   * @param encoder of the same source; before it is open, what is known at once, without a download, or nothing.
   */
  capacity?(source: string, encoder?: PromptEncoder): Promise<Capacity | undefined>;
}
