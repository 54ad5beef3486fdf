import type { Completion, RewardedGroup } from '@cppo/grpo';
import type { RgbImage } from '@cppo/perturb';
import type { RewardResult } from '@cppo/reward';
import type { Encoded } from '../contract/policy.js';
import type { Prompt } from '../prompts/prepare-prompt.js';
import type { PromptViews } from '../prompts/views.js';

/** A prompt with its rewarded completions. */
export interface JudgedPrompt<P extends Encoded> {
  readonly prompt: Prompt<P>;
  readonly completions: readonly Completion[];
  readonly rewards: readonly RewardResult[];
  readonly group: RewardedGroup<P>;
  /** The pictures that were answered and are trained on, where a sampler perturbed those of the prompt. */
  readonly perturbed?: readonly RgbImage[];
}

/** One to train on, with its views where the objective uses them. Of this learner, as its prompt is. */
export interface Rollout<P extends Encoded> extends JudgedPrompt<P> {
  readonly views: PromptViews<P> | undefined;
}

/** What the first half of a step gives to the second. */
export interface RolledOut<P extends Encoded> {
  readonly rollouts: readonly Rollout<P>[];
  /** The batch to train on, of all learners; those of the roll-outs have their prompts and views. */
  readonly groups: readonly RewardedGroup<P>[];
  /** All that was sampled; more than the batch when dynamic sampling has dropped some. */
  readonly drawn: readonly RewardedGroup<P>[];
  /** The group whose pictures are kept: the first that has views. */
  readonly shown?: string;
  /** Why samples of the step were left out: a picture that vanished, say. One sentence each. */
  readonly leftOut: readonly string[];
  /** Present when the policy gave no finite numbers to sample or score by; then nothing was rolled out. */
  readonly broken?: { readonly reason: string; readonly prompts: ReadonlyMap<string, Prompt<P>> };
}
