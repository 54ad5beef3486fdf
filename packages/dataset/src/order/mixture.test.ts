import { describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import type { Sample } from '../sample.js';
import { Mixture } from './mixture.js';

function setOf(name: string, length: number): Dataset {
  const read = async (index: number): Promise<Sample> => ({
    id: `${name}${index}`,
    question: '',
    answer: '',
    images: [],
  });
  return {
    name,
    fingerprint: name,
    length,
    skipped: [],
    read,
    sampleAt: read,
    iterate: () => ({}) as AsyncIterable<Sample>,
    close: async () => {},
  };
}

async function ids(mixture: Mixture, options: Parameters<Mixture['iterate']>[0]): Promise<string[]> {
  const list: string[] = [];
  for await (const { id } of mixture.iterate(options)) list.push(id);
  return list;
}

describe('Mixture', () => {
  const mixture = new Mixture('mix', [
    { set: setOf('a', 90), weight: 1 },
    { set: setOf('b', 10), weight: 1 },
    { set: setOf('c', 20), weight: 2 },
  ]);

  it('gives each set exactly its share of every epoch', async () => {
    expect(mixture.length).toBe(120);
    for (const epoch of [0, 1, 7]) {
      const list = await ids(mixture, { seed: 1, epoch });
      const count = (name: string) => list.filter((id) => id.startsWith(name)).length;
      expect([count('a'), count('b'), count('c')]).toEqual([30, 30, 60]);
    }
  });

  it('runs through a set before it comes again, over epochs too', async () => {
    const drawn = [0, 1, 2];
    const lists = await Promise.all(drawn.map((epoch) => ids(mixture, { seed: 5, epoch })));
    // 3 epochs × 30 draws are one pass through the 90 of `a`.
    const ofA = lists.flat().filter((id) => id.startsWith('a'));
    expect(new Set(ofA).size).toBe(90);
    // 30 draws of 10 are three passes in one epoch.
    const ofB = lists[0]!.filter((id) => id.startsWith('b'));
    expect(new Set(ofB).size).toBe(10);
    for (const id of new Set(ofB)) expect(ofB.filter((each) => each === id)).toHaveLength(3);
  });

  it('resumes anywhere in an epoch', async () => {
    const whole = await ids(mixture, { seed: 2, epoch: 3 });
    for (const start of [0, 1, 59, 120])
      expect(await ids(mixture, { seed: 2, epoch: 3, start })).toEqual(whole.slice(start));
    expect(await ids(mixture, { seed: 3, epoch: 3 })).not.toEqual(whole);
  });

  it('mixes from the start', async () => {
    const first = (await ids(mixture, { seed: 1 })).slice(0, 40).map((id) => id[0]);
    expect(new Set(first)).toEqual(new Set(['a', 'b', 'c']));
  });
});
