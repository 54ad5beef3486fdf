import { isUserError, UserError } from '@cppo/run';
import type { PolicyFamily } from '../contract/family.js';
import type { Encoded, PromptEncoder, TrainedPolicy } from '../contract/policy.js';
import { refuseUse } from '../memory/fit-use.js';
import { largestOf } from '../memory/largest-of.js';
import type { Room } from '../memory/room.js';
import { openEncoder } from '../prompts/open-encoder.js';
import { holdsAdapter } from './holds-adapter.js';

/** What a run has trained, and what it is opened with. */
export interface TrainedModel<P extends Encoded, Format extends string> {
  /** Directory of the run, for messages. */
  readonly run: string;
  /** Directory that holds the model or its adapters. */
  readonly saved: string;
  /** Where the model is that the run began with. */
  readonly baseModel: string;
  /** Whether the run trained adapters. */
  readonly adapted: boolean;
  readonly family: PolicyFamily<P, Format>;
  readonly room: Room<Format>;
}

/**
 * Opens what a run has trained, to save it elsewhere. Adapters by themselves go on the model that the run began with, and
 * its tokenizer.
 *
 * @param trained where it is, and what it is opened with.
 * @returns the policy.
 * @throws UserError when it cannot be loaded, or does not fit into the memory.
 */
export async function openTrained<P extends Encoded, Format extends string>({
  run,
  saved,
  baseModel,
  adapted: asked,
  family,
  room,
}: TrainedModel<P, Format>): Promise<TrainedPolicy<P, Format>> {
  const adapted = asked || holdsAdapter(saved);
  const source = adapted ? baseModel : saved;
  const load = (encoder?: PromptEncoder<P>) =>
    family.load(
      source,
      { trainable: false, ...(adapted ? { adapter: saved } : {}) },
      { needed: ['save'], ...(encoder && { encoder }) },
    );
  try {
    const { encoder, policy } = await openEncoder(family, source, load);
    const capacity = await family.capacity?.(source, encoder);
    const use = { arithmetic: { activations: 'float32', cache: 'float32' }, prompt: largestOf([]) } as const;
    if (capacity !== undefined) refuseUse(`the model of ${run}`, room, capacity, use, '--run');
    return policy ?? (await load(encoder));
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new UserError(`--run: ${(error as Error).message}`);
  }
}
