import { describe, expect, it } from 'vitest';
import { alone, type Cluster, connectInProcess, together } from '../index.js';

const onAll = <T>(learners: readonly Cluster[], work: (cluster: Cluster) => Promise<T>) =>
  Promise.all(learners.map(work));
const outcomes = (learners: readonly Cluster[], work: (cluster: Cluster) => Promise<unknown>) =>
  onAll(learners, (cluster) =>
    together(cluster, () => work(cluster)).catch((error: Error) => `${error.name}: ${error.message}`),
  );

/** What a policy or a custom module throws: told apart by its name. */
class NotFiniteError extends Error {
  override name = 'NotFiniteError';
}

describe.each([1, 2, 3])('%i learners', (size) => {
  it('add up in place, to the same bits on all', async () => {
    const sums = await onAll(connectInProcess(size), (each) =>
      each.sum(Float32Array.of(0.1 * (each.rank + 1), 1)),
    );
    const expected = Float32Array.of(0, size);
    for (let rank = 0; rank < size; rank++) expected[0] = expected[0]! + Math.fround(0.1 * (rank + 1));
    for (const found of sums) expect(found).toEqual(expected);
    const values = Float64Array.of(1);
    await onAll(connectInProcess(size), (cluster) =>
      cluster.sum(cluster.rank === 0 ? values : Float64Array.of(1)),
    );
    expect(values[0]).toBe(size);
  });

  it('gather values with all that is in them, in the order of the ranks', async () => {
    const found = await onAll(connectInProcess(size), (cluster) =>
      cluster.gather({
        rank: cluster.rank,
        logProbs: Float32Array.of(Number.NaN, -cluster.rank),
        none: undefined,
      }),
    );
    const expected = Array.from({ length: size }, (_, rank) => ({
      rank,
      logProbs: Float32Array.of(Number.NaN, -rank),
      none: undefined,
    }));
    for (const each of found) expect(each).toEqual(expected);
  });
});

it('alone, what one has is what all have', async () => {
  const values = Float32Array.of(1, 2);
  expect(await alone.sum(values)).toBe(values);
  expect(await alone.gather('a')).toEqual(['a']);
  expect(alone.figures()).toEqual({});
});

describe('a learner that fails', () => {
  it.each(['sum', 'gather'] as const)(
    'is heard by the others at their next %s, by name and message',
    async (next) => {
      const found = await outcomes(connectInProcess(3), async (cluster) => {
        await cluster.gather('begun');
        if (cluster.rank === 1) throw new NotFiniteError('a logit is NaN');
        return next === 'sum' ? cluster.sum(Float32Array.of(1)) : cluster.gather(1);
      });
      const heard = 'NotFiniteError: learner 1: a logit is NaN';
      expect(found).toEqual([heard, 'NotFiniteError: a logit is NaN', heard]);
    },
  );

  it('is told of once, however many times its error is caught on the way, and all go on together', async () => {
    const found = await outcomes(connectInProcess(2), async (cluster) => {
      const failing = together(cluster, async () => {
        await together(cluster, async () => {
          if (cluster.rank === 0) throw new NotFiniteError('once');
          await cluster.gather('waiting');
        });
      });
      await failing.catch((error: unknown) =>
        together(cluster, async () => {
          throw new Error('in other words', { cause: error });
        }).catch(() => {}),
      );
      return cluster.gather(cluster.rank);
    });
    expect(found).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  it('keeps its own error where several fail at once', async () => {
    const found = await outcomes(connectInProcess(2), async ({ rank }) => {
      throw new Error(`of ${rank}`);
    });
    expect(found).toEqual(['Error: of 0', 'Error: of 1']);
  });
});

it('learners that have lost step say so', async () => {
  const lost = await outcomes(connectInProcess(2), (each) =>
    each.rank === 0 ? each.sum(new Float32Array(3)) : each.gather(1),
  );
  expect(lost[0]).toContain(
    'learner 0 adds up 3 numbers of a Float32Array, learner 1 does a gather; expected',
  );
  const longer = await outcomes(connectInProcess(2), (each) => each.sum(new Float32Array(3 + each.rank)));
  expect(longer[1]).toContain('learner 1 adds up 4 numbers of a Float32Array, learner 0 adds up 3 numbers');
});

it('says how many there are, and how long it waited since it was last asked', async () => {
  const learners = connectInProcess(2);
  await onAll(learners, async (each) => {
    if (each.rank === 1) await new Promise((resolve) => setTimeout(resolve, 50));
    await each.gather(each.rank);
  });
  const { 'cluster/learners': count, 'cluster/seconds': seconds } = learners[0]!.figures();
  expect(count).toBe(2);
  expect(seconds).toBeGreaterThan(0.04);
  expect(learners[0]!.figures()['cluster/seconds']).toBe(0);
});

it('names what is wrong', () => {
  expect(() => connectInProcess(0)).toThrow('connectInProcess: size is 0; expected a whole number above 0.');
});
