import type { PolicyFamily, PolicyPart } from '../contract/family.js';
import type { Encoded, PromptEncoder, TrainedPolicy } from '../contract/policy.js';

/** What encodes prompts, and the policy where it had to be loaded for that. */
export interface OpenedEncoder<P extends Encoded, Format extends string = string> {
  readonly encoder: PromptEncoder<P>;
  readonly policy: TrainedPolicy<P, Format> | undefined;
}

/**
 * Opens a model as far as prompts need it: without its weights where the family can do that.
 *
 * @param family of the model.
 * @param source where it is.
 * @param load   reads the weights where it cannot.
 * @param needed of the encoder, beside encoding.
 * @returns what encodes prompts, and the policy where it had to be loaded.
 */
export async function openEncoder<P extends Encoded, Format extends string>(
  family: Pick<PolicyFamily<P, Format>, 'encoder'>,
  source: string,
  load: () => Promise<TrainedPolicy<P, Format>>,
  needed: readonly PolicyPart[] = [],
): Promise<OpenedEncoder<P, Format>> {
  if (family.encoder === undefined) {
    const policy = await load();
    return { encoder: policy, policy };
  }
  return { encoder: await family.encoder(source, needed), policy: undefined };
}
