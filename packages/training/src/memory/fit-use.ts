import { UserError } from '@cppo/run';
import type { Capacity, ModelTask } from '../contract/capacity.js';
import { type Footprint, footprint, parts } from './footprint.js';
import { elsewhere, fits, narrower, type Room, there, warnOfOthers } from './room.js';
import { gigabytes } from './units.js';

/** What is asked of a model that is not trained. */
export type ModelUse<Format extends string = string> = Omit<ModelTask<Format>, 'trained' | 'reference'>;

/**
 * Estimates the memory of a use of a model on the running engine.
 *
 * @param room memory and engine.
 * @param model estimates its footprint.
 * @param use scoring or sampling, and its sizes.
 * @returns the footprint, bytes.
 */
export function useFootprint<Format extends string>(
  room: Room<Format>,
  model: Pick<Capacity<never, Format>, 'footprint'>,
  use: ModelUse<Format>,
): Footprint<Format> {
  return footprint(model, room, { ...use, trained: 'nothing', reference: false });
}

/**
 * Refuses a use of a model that exceeds the memory, before a weight is read; warns where other programs hold
 * too much of it.
 *
 * @param name of the model, for messages.
 * @param room memory and engine.
 * @param model estimates its footprint.
 * @param use scoring or sampling, and its sizes.
 * @param key that named the model.
 * @returns the footprint, bytes.
 * @throws UserError with the required and available memory, and a suggestion that fits.
 */
export function refuseUse<Format extends string>(
  name: string,
  room: Room<Format>,
  model: Pick<Capacity<never, Format>, 'footprint'>,
  use: ModelUse<Format>,
  key = '--model',
): Footprint<Format> {
  const needed = useFootprint(room, model, use);
  if (fits(needed, room)) {
    warnOfOthers(needed, room);
    return needed;
  }
  const formats = narrower(needed.weights, room).filter((weights) =>
    fits(useFootprint(room, model, { ...use, arithmetic: { ...use.arithmetic, weights } }), room),
  );
  throw new UserError(
    `${key}: ${name} takes about ${gigabytes(needed.total)} with ${needed.weights} weights (${parts(needed)}), but ${there(room)}${
      formats.length > 0
        ? `; what would fit: ${formats.map((format) => `--weights ${format}`).join(', or ')}`
        : elsewhere(room)
    }.`,
  );
}
