import { type Chain, chain, joined, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Difficulty, Exercise } from './sample.js';

/** A named value of a chart. */
export interface Reading {
  readonly name: string;
  readonly value: number;
}

/**
 * A question about the values of a chart: difficulty 1 a sum of two, 2 a sum or a difference, 3 a sum of
 * three, a difference, or the largest minus the smallest (for which every value must be read).
 *
 * @param opening what the question begins with, for charts that show more than one series.
 */
export function askReadings(
  random: Random,
  readings: readonly Reading[],
  difficulty: Difficulty,
  opening = 'What is',
): Pick<Exercise, 'question' | 'answer' | 'reference'> {
  const form = random.pick(
    difficulty === 1 ? ['sum'] : difficulty === 2 ? ['sum', 'difference'] : ['sum', 'difference', 'range'],
  );
  if (form === 'range') {
    const values = readings.map(({ value }) => value);
    const [high, low] = [Math.max(...values), Math.min(...values)];
    return {
      question: `${opening} the largest minus the smallest?`,
      answer: String(high - low),
      reference: reply(chain`I see ${listed(readings)}. ${high} - ${low} = ${high - low}`, high - low),
    };
  }
  const asked = random.choose(readings, form === 'sum' && difficulty === 3 ? 3 : 2);
  if (form === 'difference') asked.sort((one, other) => other.value - one.value);
  const values = asked.map(({ value }) => value);
  const answer =
    form === 'sum'
      ? values.reduce((sum, value) => sum + value, 0)
      : (values[0] as number) - (values[1] as number);
  const names = asked.map(({ name }) => name).join(form === 'sum' ? ' plus ' : ' minus ');
  return {
    question: `${opening} ${names}?`,
    answer: String(answer),
    reference: reply(
      chain`I see ${listed(asked)}. ${values.join(form === 'sum' ? ' + ' : ' - ')} = ${answer}`,
      answer,
    ),
  };
}

/** `A 3, B 5`, with the values marked as seen. */
export function listed(readings: readonly Reading[]): Chain {
  return joined(
    readings.map(({ name, value }) => chain`${name} ${seen(value)}`),
    ', ',
  );
}

/** Differing values of a chart, `low` to `high` in steps. */
export function drawReadings(
  random: Random,
  names: readonly string[],
  low: number,
  high: number,
  step = 1,
): Reading[] {
  return names.map((name) => ({ name, value: random.integer(low / step, high / step) * step }));
}
