import type { PolicyFamily, PolicyPart, PromptEncoder, TrainedPolicy } from './policy.js';

/** What encodes prompts, and the policy where it had to be loaded for that. */
export interface OpenedEncoder {
  readonly encoder: PromptEncoder;
  readonly policy: TrainedPolicy | undefined;
}

/**
 * Opens a model as far as prompts need it: without its weights where the family can do that.
 *
 * @param load   reads the weights where it cannot.
 * @param needed of the encoder, beside encoding.
 */
export async function openEncoder(
  family: PolicyFamily,
  source: string,
  load: () => Promise<TrainedPolicy>,
  needed: readonly PolicyPart[] = [],
): Promise<OpenedEncoder> {
  if (family.encoder === undefined) {
    const policy = await load();
    return { encoder: policy, policy };
  }
  return { encoder: await family.encoder(source, needed), policy: undefined };
}
