import { describeValue, requireNames } from '@cppo/checked-options';
import { createTask, taskNames } from './catalog.js';
import type { Difficulty, Split, TaskSample } from './sample.js';

export interface DrawOptions {
  /** Names, taken in turn. Default: all tasks. */
  readonly tasks?: readonly string[];
  readonly seed: number;
  readonly count: number;
  /** Taken in turn within each task. Default 1. */
  readonly difficulty?: Difficulty | readonly Difficulty[];
  /** Default `in-domain`. */
  readonly split?: Split;
  /** Index of the first sample, so that a long sequence can be drawn in pieces. Default 0. */
  readonly start?: number;
}

/**
 * Draws `count` samples of the endless sequence that the seed names. Sample i is the same whatever the count
 * and start; another seed gives other samples.
 *
 * @param options tasks, seed, start and count.
 * @returns the samples.
 * @throws RangeError when a task, difficulty or split is unknown or absent, or an option is unknown or out of
 *   range.
 * @example
 * const drawn = drawSamples({ tasks: ['digits', 'clocks'], seed: 1, count: 3 });
 * drawn.map(({ task }) => task); // ['digits', 'clocks', 'digits']
 * drawSamples({ tasks: ['digits', 'clocks'], seed: 1, count: 1, start: 2 })[0].id === drawn[2].id; // true
 */
export function drawSamples(options: DrawOptions): TaskSample[] {
  requireNames('drawSamples', options, {
    tasks: true,
    seed: true,
    count: true,
    difficulty: true,
    split: true,
    start: true,
  });
  const { tasks = taskNames, seed, count, difficulty = 1, split = 'in-domain', start = 0 } = options;
  if (tasks.length === 0) throw new RangeError('drawSamples: no tasks; at least one name is expected.');
  for (const [name, value] of Object.entries({ count, start })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new RangeError(
        `drawSamples: ${name} is ${describeValue(value)}; expected a whole number, 0 or above.`,
      );
    }
  }
  if (typeof seed !== 'number') {
    throw new RangeError(`drawSamples: seed is ${describeValue(seed)}; expected a number.`);
  }
  const levels: readonly Difficulty[] = typeof difficulty === 'number' ? [difficulty] : difficulty;
  const drawers = tasks.map((name) => levels.map((level) => createTask(name, { difficulty: level, split })));
  return Array.from({ length: count }, (_, offset) => {
    const index = start + offset;
    const drawer = drawers[index % tasks.length] as (typeof drawers)[number];
    const level = Math.floor(index / tasks.length) % levels.length;
    return (drawer[level] as (typeof drawer)[number]).sample(seed, index);
  });
}

/**
 * Converts a sample into the form of data loaders and trainer, with what `evaluate` needs to distinguish
 * faults. Draws its picture when the bytes are requested.
 *
 * @param sample of a task.
 * @returns the converted sample.
 * @example
 * const [drawn] = drawSamples({ tasks: ['digits'], seed: 1, count: 1 });
 * asPromptSample(drawn).images[0].name; // 'digits-1-in-domain-1-0.png'
 */
export function asPromptSample(sample: TaskSample): {
  id: string;
  question: string;
  answer: string;
  images: { name: string; bytes(): Promise<Uint8Array> }[];
  source: string;
  task: string;
  reference: string;
  perception: readonly (readonly [number, number])[];
} {
  return {
    id: sample.id,
    question: sample.question,
    answer: sample.answer,
    images: [{ name: `${sample.id}.png`, bytes: () => sample.image.png() }],
    source: `bench:${sample.task}`,
    task: sample.task,
    reference: sample.reference,
    perception: sample.perception,
  };
}
