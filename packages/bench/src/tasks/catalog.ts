import { describeValue, requireNames, requireOneOf } from '@cppo/checked-options';
import { renderPng } from '../render/png.js';
import { angles } from './angles.js';
import { bars } from './bars.js';
import { clocks } from './clocks.js';
import { digits } from './digits.js';
import { lengths } from './lengths.js';
import { lines } from './lines.js';
import { pies } from './pies.js';
import { places } from './places.js';
import { randomFrom } from './random.js';
import {
  type Difficulty,
  difficulties,
  type Split,
  splits,
  type TaskDefinition,
  type TaskSample,
} from './sample.js';
import { shapes } from './shapes.js';
import { tables } from './tables.js';

const definitions: readonly TaskDefinition[] = [
  digits,
  shapes,
  bars,
  lines,
  pies,
  angles,
  lengths,
  clocks,
  tables,
  places,
];

/** Names of all built-in tasks. */
export const taskNames: readonly string[] = definitions.map(({ name }) => name);

export interface TaskOptions {
  /** Default 1. */
  readonly difficulty?: Difficulty;
  /** Default `in-domain`. */
  readonly split?: Split;
}

export interface Task {
  readonly name: string;
  readonly summary: string;
  /** Sample `index` of the endless sequence that `seed` names; drawn alone, it is the same. */
  sample(seed: number, index: number): TaskSample;
}

/**
 * Creates a built-in task.
 *
 * @param name one of `taskNames`.
 * @param options difficulty and split.
 * @returns the task.
 * @throws RangeError when there is no such task.
 * @example
 * const sample = createTask('digits').sample(1, 0);
 * sample.id; // 'digits-1-in-domain-1-0'
 * createTask('digits').sample(1, 0).question === sample.question; // true
 */
export function createTask(name: string, options: TaskOptions = {}): Task {
  requireNames('createTask', options, { difficulty: true, split: true });
  const definition = definitions.find((candidate) => candidate.name === name);
  if (definition === undefined) {
    throw new RangeError(`createTask: no task "${name}"; expected one of ${taskNames.join(', ')}.`);
  }
  const { difficulty = 1, split = 'in-domain' } = options;
  if (!difficulties.includes(difficulty)) {
    throw new RangeError(
      `createTask: difficulty is ${describeValue(difficulty)}; expected one of ${difficulties.join(', ')}.`,
    );
  }
  requireOneOf('createTask', 'split', split, splits);
  return {
    name,
    summary: definition.summary,
    sample(seed, index) {
      const id = `${name}-${difficulty}-${split}-${seed}-${index}`;
      const { reference, description, svg, width, height, question, answer, scene } = definition.draw(
        randomFrom(id),
        difficulty,
        split,
      );
      return {
        id,
        task: name,
        difficulty,
        split,
        question,
        answer,
        image: { svg, width, height, png: () => renderPng(svg) },
        reference: reference.text,
        perception: reference.perception,
        scene,
        description: { question: definition.describe, reply: description },
      };
    },
  };
}
