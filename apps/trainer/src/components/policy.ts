import type { EncodedPrompt, LoraOptions } from '@cppo/policy-qwen';
import type { Blame, TrainedPolicy as TrainedPolicyOf } from '@cppo/training';
import type { Arithmetic } from '../config/arithmetic.js';
import type { Config } from '../config/schema.js';
import { loadQwen } from '../load-qwen.js';
import { checkedPolicy } from './checked-policy.js';
import { type BuiltIn, type ComponentKind, component, without } from './component.js';

/** What the trainer needs of a model. `QwenPolicy` is one; adapters are asked for only where it has some. */
export type TrainedPolicy = TrainedPolicyOf<EncodedPrompt>;

/** How it is to be loaded; what is left out of the arithmetic is the policy's to choose. */
export interface PolicyLoadOptions extends Partial<Arithmetic> {
  /** False for a reference policy, which is only asked for scores. */
  readonly trainable?: boolean;
  readonly trainVision?: boolean;
  readonly lora?: LoraOptions;
  /** Directory of saved adapters, to go on from. */
  readonly adapter?: string;
}

/** Loads a model: `model` of the configuration, or the directory of a checkpoint that the policy itself saved. */
export type PolicyLoader = (source: string, options: PolicyLoadOptions) => Promise<TrainedPolicy>;

export const policies: BuiltIn<PolicyLoader> = { qwen: without(loadQwen) };

const kind: ComponentKind<PolicyLoader> = {
  expected: 'a function (source, options) that loads a policy',
  accepts: (value) => typeof value === 'function',
  watch: checkedLoader,
  builtIn: policies,
};

/** What loads the policy of a run. */
export function policyLoader({ policy }: Config): Promise<PolicyLoader> {
  return component('policy', policy, kind);
}

function checkedLoader(load: PolicyLoader, blame: Blame): PolicyLoader {
  return async (source, options) => {
    const policy: unknown = await blame.later('it', () => load(source, options));
    return checkedPolicy(policy, options, blame);
  };
}
