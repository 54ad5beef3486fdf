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
 * Estimates the peak memory of a process with a model.
 *
 * @param capacity of the model.
 * @param kind engine and formats.
 * @param task training, sampling or scoring, and its sizes.
 * @returns the footprint, bytes.
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
 * Lists the parts of a footprint in words.
 *
 * @param footprint bytes.
 * @returns the list.
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
