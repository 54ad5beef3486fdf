import { asPromptSample, type DrawOptions, drawSamples, taskNames } from '@cppo/bench/tasks';
import { closestName } from '@cppo/checked-options';
import { UserError } from '@cppo/run/errors';

/**
 * Held-out questions come from this seed whatever the run's seed is, so that runs are compared on the same ones;
 * training samples come from the run's seed.
 */
export const heldOutSeed = 20260101;

/**
 * Recognises a specification of samples that `@cppo/bench` draws.
 *
 * @param spec of a data set.
 * @returns true for `builtin:…`.
 * @example
 * isBuiltIn('builtin:digits'); // true
 * isBuiltIn('train.jsonl'); // false
 */
export function isBuiltIn(spec: unknown): spec is string {
  return typeof spec === 'string' && spec.startsWith('builtin:');
}

/**
 * Parses `builtin:<task>[,<task>…][?difficulty=1,2&split=out-of-domain]`.
 *
 * @param spec the specification.
 * @param seed names an endless sequence of samples.
 * @returns a function that draws samples `start` to `start + count` of the sequence.
 * @throws UserError when a task, difficulty or split is unknown.
 * @example
 * const draw = builtinSamples('builtin:digits,clocks?difficulty=2', 1);
 * draw(0, 4).map(({ source }) => source); // ['bench:digits', 'bench:clocks', 'bench:digits', 'bench:clocks']
 */
export function builtinSamples(
  spec: string,
  seed: number,
): (start: number, count: number) => ReturnType<typeof asPromptSample>[] {
  const [names = '', query = ''] = spec.slice('builtin:'.length).split('?');
  const tasks = names === 'all' ? taskNames : names.split(',');
  for (const task of tasks) {
    if (!taskNames.includes(task)) {
      throw new UserError(
        `data: found ${JSON.stringify(spec)}, there is no built-in task "${task}". Did you mean ${closestName(task, [...taskNames])}? There are ${taskNames.join(', ')}.`,
      );
    }
  }
  const parameters = new URLSearchParams(query);
  const difficulty = (parameters.get('difficulty') ?? '1').split(',').map(Number);
  const split = parameters.get('split') ?? 'in-domain';
  if (
    difficulty.some((level) => ![1, 2, 3].includes(level)) ||
    !['in-domain', 'out-of-domain'].includes(split)
  ) {
    throw new UserError(
      `data: found ${JSON.stringify(spec)}, expected difficulty of 1, 2 or 3 and split in-domain or out-of-domain.`,
    );
  }
  const options = { tasks, difficulty, split, seed } as unknown as Omit<DrawOptions, 'count'>;
  return (start, count) => drawSamples({ ...options, start, count }).map(asPromptSample);
}
