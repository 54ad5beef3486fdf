import { arithmeticInWords, isUserError, UserError } from '@cppo/run';
import type { Arithmetic, ModelTask, PromptSize } from '../contract/capacity.js';
import type { PolicyFamily, PolicyLoadOptions, PolicyPart } from '../contract/family.js';
import type { Encoded, PromptEncoder, TrainedPolicy } from '../contract/policy.js';
import { refuseUse, useFootprint } from '../memory/fit-use.js';
import { fits, type Room, refuseFormat } from '../memory/room.js';
import { openEncoder } from '../prompts/open-encoder.js';

/** What will be asked of a model, for the memory that it takes. */
export type Use = Pick<ModelTask, 'prompt' | 'sampling' | 'scoring'>;

/** A model of which nothing but its weights is still to be read. */
export interface AskedModel<P extends Encoded, Format extends string = string> {
  readonly encoder: PromptEncoder<P>;
  sizeOf(prompt: P): PromptSize;
  /** Whether there is the memory for a use; a policy that does not say what it takes is taken to fit. */
  fits(use: Use): boolean;
  /**
   * Reads the weights.
   *
   * @throws UserError when there is not the memory for that use.
   */
  load(use: Use): Promise<TrainedPolicy<P, Format>>;
}

/** A model to be asked, and where. */
export interface ModelToAsk<P extends Encoded, Format extends string> {
  /** Its name, for messages. */
  readonly name: string;
  /** Where it is, for its family. */
  readonly source: string;
  readonly family: PolicyFamily<P, Format>;
  readonly room: Room<Format>;
  /** What was asked for; the rest is the policy's to choose. */
  readonly arithmetic: Partial<Arithmetic<Format>>;
  /** What will be asked of its policy, beside encoding. */
  readonly needed: readonly PolicyPart[];
}

/**
 * Opens a model for use, not for training.
 *
 * @param model what it is, where it runs and what will be asked of it.
 * @returns the model with all but its weights read.
 * @throws UserError when it cannot fit into the memory, or when a custom policy lacks some of what is needed.
 */
export async function openToAsk<P extends Encoded, Format extends string>({
  name,
  source,
  family,
  room,
  arithmetic: asked,
  needed,
}: ModelToAsk<P, Format>): Promise<AskedModel<P, Format>> {
  refuseFormat(asked.weights, '--weights', room);
  const arithmetic: Arithmetic<Format> = { activations: 'float32', cache: 'float32', ...asked };
  const known = await family.capacity?.(source);
  // A model of the hub that cannot fit is not even downloaded.
  if (known !== undefined) refuseUse(name, room, known, { arithmetic, prompt: { tokens: 0, patches: 0 } });
  const options: PolicyLoadOptions<Format> = { trainable: false, ...asked };
  const load = (encoder?: PromptEncoder<P>) =>
    family.load(source, options, { needed: ['encode', ...needed], ...(encoder && { encoder }) });
  const ofEncoder = needed.filter((part) => part === 'tokenizer.encode');
  const { encoder, policy } = await named(openEncoder(family, source, load, ofEncoder));
  const capacity = await family.capacity?.(source, encoder);
  return {
    encoder,
    sizeOf: (prompt) => capacity?.sizeOf(prompt) ?? { tokens: prompt.ids.length, patches: 0 },
    fits: (use) => capacity === undefined || fits(useFootprint(room, capacity, { arithmetic, ...use }), room),
    async load(use) {
      if (capacity !== undefined) {
        const { weights } = refuseUse(name, room, capacity, { arithmetic, ...use });
        if (weights !== 'float32' || arithmetic.activations !== 'float32') {
          console.error(`cppo: ${arithmeticInWords({ ...arithmetic, weights })}`);
        }
      }
      return policy ?? named(load(encoder));
    },
  };
}

async function named<T>(opened: Promise<T>): Promise<T> {
  try {
    return await opened;
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new UserError(`--model: ${(error as Error).message}`);
  }
}
