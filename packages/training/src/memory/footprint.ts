import type { Capacity, ModelFootprint, ModelTask } from '../contract/capacity.js';
import { gigabytes } from './units.js';

/** Bytes that a process takes at its widest, by what takes them. */
export interface Footprint<Format extends string = string> extends ModelFootprint<Format> {
  /** Node, the engine and its libraries, before any model. */
  readonly process: number;
  /** Weights, gradients and moments. */
  readonly model: number;
  /** process + model + the greater of sampling and scoring. */
  readonly total: number;
}

/** The engine as far as it decides what a model takes. */
export interface EngineKind<Format extends string = string> {
  readonly engine: {
    readonly name: string;
    /** Bytes of a process that has started it and loaded no model. */
    readonly process: number;
  };
  /** Formats of weights that it multiplies, the widest first. */
  readonly formats: readonly Format[];
}

/**
 * What a process with a model needs at its widest: process + held + training + max(sampling, scoring).
 *
 * @param capacity of the model.
 * @param engine   that runs it.
 * @param task     what is asked of it.
 * @returns bytes, by what takes them.
 */
export function footprint<Format extends string>(
  capacity: Pick<Capacity<never, Format>, 'footprint'>,
  { engine, formats }: EngineKind<Format>,
  task: ModelTask<Format>,
): Footprint<Format> {
  const needed = capacity.footprint({ ...task, packed: formats.length > 1 });
  const { process } = engine;
  const model = needed.held + needed.training;
  const total = process + model + Math.max(needed.sampling, needed.scoring);
  return { ...needed, process, model, total };
}

/**
 * What takes the memory, in words.
 *
 * @param footprint bytes.
 * @returns such as `6.0 GB weights, 400 MB the program`.
 */
export function parts({ process, held, training, sampling, scoring }: Footprint): string {
  const named: [number, string][] = [
    [held, 'weights'],
    [training, 'gradients and moments'],
    [Math.max(sampling, scoring), sampling > scoring ? 'sampling' : 'activations and logits'],
    [process, 'the program'],
  ];
  return named
    .filter(([bytes]) => bytes > 0)
    .map(([bytes, name]) => `${gigabytes(bytes)} ${name}`)
    .join(', ');
}
