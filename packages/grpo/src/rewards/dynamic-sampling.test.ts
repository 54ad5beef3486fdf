import { describe, expect, it } from 'vitest';
import { judgedGroup } from '../../test/simple-groups.js';
import { drawInformative, splitInformative } from '../index.js';

describe('splitInformative', () => {
  it('asks accuracy, not the shaped reward, and for exact equality', () => {
    const shaped = judgedGroup('all right, formats differ', [0.9, 1], [1, 1]);
    const mixed = judgedGroup('mixed', [0.1, 0.9], [0, 1]);
    const close = judgedGroup('close', [0.5, 0.5], [0.5, 0.5000001]);
    const { informative, uninformative } = splitInformative([shaped, mixed, close]);
    expect(informative.map(({ id }) => id)).toEqual(['mixed', 'close']);
    expect(uninformative.map(({ id }) => id)).toEqual(['all right, formats differ']);
  });

  it('leaves out what could not be judged', () => {
    const lonely = judgedGroup('one judged', [1, Number.NaN], [1, 0]);
    expect(splitInformative([lonely]).informative).toEqual([]);
  });
});

describe('drawInformative', () => {
  const dull = judgedGroup('dull', [0, 0], [0, 0]);
  const good = (attempt: number) => judgedGroup(`good ${attempt}`, [0, 1], [0, 1]);

  it('refills until there are enough', async () => {
    const asked: number[] = [];
    const draw = async (attempt: number, missing: number) => {
      asked.push(missing);
      return [dull, good(attempt)];
    };
    const { informative, drawn } = await drawInformative({ wanted: 3, draw });
    expect(informative.map(({ id }) => id)).toEqual(['good 0', 'good 1', 'good 2']);
    expect(drawn).toHaveLength(6);
    expect(asked).toEqual([3, 2, 1]);
  });

  it('stops after its attempts, and takes no more than wanted', async () => {
    const none = await drawInformative({ wanted: 2, attempts: 3, draw: async () => [dull] });
    expect(none.informative).toEqual([]);
    expect(none.drawn).toHaveLength(3);
    const many = await drawInformative({ wanted: 1, draw: async () => [good(1), good(2)] });
    expect(many.informative.map(({ id }) => id)).toEqual(['good 1']);
  });
});
