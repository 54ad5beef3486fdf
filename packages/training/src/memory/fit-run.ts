import { UserError } from '@cppo/run';
import type { Capacity, ModelTask, PromptSize } from '../contract/capacity.js';
import { type Footprint, footprint, parts } from './footprint.js';
import { mostAtOnce } from './most-at-once.js';
import { remedies } from './remedies.js';
import { elsewhere, fits, type Room, there } from './room.js';
import { type FittedSettings, trainingTask } from './training-task.js';
import { gigabytes, inUnits } from './units.js';

/** What a run will take, with what its configuration leaves to the engine. */
export interface FittingRun<Format extends string = string> {
  readonly needed: Footprint<Format>;
  /** Prompts sampled at once. */
  readonly batch: number;
}

/**
 * Refuses a run that cannot fit into the memory, and suggests what would.
 *
 * @param settings of the run.
 * @param room memory and engine.
 * @param model estimates its footprint.
 * @param prompt largest prompt; while unknown, only the model itself is counted.
 * @returns the run as it fits.
 * @throws UserError with the required and available memory, and a suggestion that fits.
 */
export function refuseWhatCannotFit<Format extends string>(
  settings: FittedSettings<Format>,
  room: Room<Format>,
  model: Pick<Capacity<never, Format>, 'footprint'>,
  prompt?: PromptSize,
): FittingRun<Format> {
  const fitting = fittingRun(settings, room, model, prompt);
  if (fits(fitting.needed, room)) return fitting;
  const fitted = remedies(settings, room)
    .filter((remedy) => fits(fittingRun(remedy.settings, room, model, prompt).needed, room))
    .slice(0, NAMED)
    .map(({ name }) => name);
  const largest = room.largestTrained(Math.min(room.limit.bytes, room.tensors));
  throw new UserError(
    `${tooMuch(settings, fitting, room)}, but ${there(room)}; ${
      fitted.length > 0
        ? `what would fit: ${fitted.join(', or ')}`
        : `at most ${inUnits(largest.trainFull)} float32 parameters can be trained in full and ${inUnits(largest.trainLora)} with LoRA${elsewhere(room)}`
    }.`,
  );
}

/** Remedies that a message names at most. */
const NAMED = 3;

/** What takes too much: the model already by itself, or what is done with it at once. */
function tooMuch(
  { model, rollout, microBatch }: FittedSettings,
  { needed, batch }: FittingRun,
  { limit, tensors }: Room,
): string {
  if (needed.process + needed.model > limit.bytes || needed.model > tensors) {
    return `model: ${model} has ${inUnits(needed.parameters)} parameters, and with ${inUnits(needed.trained)} of them trained and ${needed.weights} weights they take ${gigabytes(needed.model)}`;
  }
  const { completions, maxTokens, prompts } = rollout;
  const atOnce = Math.min(microBatch, prompts);
  const [key, what] =
    needed.sampling > needed.scoring
      ? [
          'rollout',
          `${completions} completions of up to ${maxTokens} tokens of ${batch} prompts at a time take`,
        ]
      : [
          'microBatch',
          `groups of ${atOnce === 1 ? 'one prompt' : `${atOnce} prompts`} at a time with ${completions} completions of up to ${maxTokens} tokens take`,
        ];
  return `${key}: ${what} about ${gigabytes(needed.total)} (${parts(needed)})`;
}

/** What a run takes when as many prompts are sampled at once as fit. */
function fittingRun<Format extends string>(
  settings: FittedSettings<Format>,
  room: Room<Format>,
  model: Pick<Capacity<never, Format>, 'footprint'>,
  prompt: PromptSize | undefined,
): FittingRun<Format> {
  const of = (batch: number): Footprint<Format> => {
    const sampled = { ...settings, rollout: { ...settings.rollout, batch } };
    const task = trainingTask(sampled, prompt ?? NO_PROMPT);
    return footprint(model, room, prompt === undefined ? withoutPasses(task) : task);
  };
  const { batch: asked, prompts } = settings.rollout;
  const batch = asked ?? mostAtOnce(prompts, (atOnce) => fits(of(atOnce), room));
  return { needed: of(batch), batch };
}

const NO_PROMPT: PromptSize = { tokens: 0, patches: 0 };

function withoutPasses<Format extends string>({
  sampling: _,
  scoring: __,
  ...rest
}: ModelTask<Format>): ModelTask<Format> {
  return rest;
}
