import { cppoVerl, makeViews, rotate, seededRandom } from '@cppo/perturb';
import { expect, it } from 'vitest';
import { measurePerturbations, perturbReport } from './perturb.js';
import { formatSpeedTable } from './table.js';

it('counts images and time by the clock it is given', () => {
  let time = 0;
  const rows = measurePerturbations({
    subjects: {
      one: { views: 1, make: () => (time += 2) },
      pair: { views: 2, make: () => (time += 8) },
    },
    random: () => undefined,
    now: () => time,
    seconds: 1,
  });
  expect(rows).toEqual([
    { name: 'one', images: 500, imagesPerSecond: 500, medianMilliseconds: 2, fastestMilliseconds: 2 },
    // 1000 ms are not a whole number of batches of 160 ms: it stops after the seventh.
    { name: 'pair', images: 280, imagesPerSecond: 250, medianMilliseconds: 4, fastestMilliseconds: 4 },
  ]);
});

it('measures the perturbations themselves, on one picture of the size asked for', () => {
  let calls = 0;
  const turn = rotate();
  const rows = measurePerturbations({
    subjects: {
      rotate: {
        views: 1,
        make: (image, random) => {
          calls++;
          expect([image.width, image.height, image.data.length]).toEqual([32, 16, 1536]);
          return turn(image, random);
        },
      },
      mix: { views: 2, make: (image, random) => makeViews(image, cppoVerl, random) },
    },
    random: () => seededRandom('speed'),
    width: 32,
    height: 16,
    seconds: 0.001,
  });
  expect(rows.map(({ name }) => name)).toEqual(['rotate', 'mix']);
  expect(calls).toBeGreaterThan(rows[0]!.images);
});

it('sets the best turn of each side beside the other', () => {
  const row = (name: string, imagesPerSecond: number) => ({
    ...{ name, imagesPerSecond, images: 1, medianMilliseconds: 1, fastestMilliseconds: 1 },
  });
  const ours = [[row('rotate', 900), row('invert', 50)], [row('rotate', 1000)]];
  const peer = { with: 'Pillow 1', turns: [[row('rotate', 200)], [row('rotate', 250)]] };
  const { json, tables } = perturbReport({ width: 448, height: 448, ours, peer });
  expect(json).toMatchObject({
    rows: [{ name: 'rotate', imagesPerSecond: 1000, peer: 250, ratio: 4 }, { name: 'invert' }],
  });
  expect(formatSpeedTable(tables[0]!).split('\n').slice(1)).toEqual([
    'perturbation  cppo  peer  ratio',
    '────────────  ────  ────  ─────',
    'rotate        1000   250  4.0 ×',
    'invert          50     –      –',
    'Peer: Pillow 1, one thread too.',
  ]);
});
