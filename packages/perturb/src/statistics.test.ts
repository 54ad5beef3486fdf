import { describe, expect, it } from 'vitest';
import { blackSquares } from './black-squares.js';
import { colorJitter } from './color-jitter.js';
import type { RgbImage } from './image.js';
import { occlude } from './occlude.js';
import { patchMask } from './patch-mask.js';
import { perspective } from './perspective.js';
import { seededRandom } from './random.js';
import { rotate } from './rotate.js';
import { zoomCrop } from './zoom-crop.js';

function flat(width: number, height: number, value: number): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(value) };
}

/** Red counts columns, green counts rows: where a pixel comes from can be read off. */
function coordinates(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) data.set([at % width, Math.floor(at / width), 0], at * 3);
  return { width, height, data };
}

function shareOfBlack({ data }: RgbImage): number {
  let black = 0;
  for (let at = 0; at < data.length; at += 3)
    black += data[at]! + data[at + 1]! + data[at + 2]! === 0 ? 1 : 0;
  return black / (data.length / 3);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function draws<Value>(count: number, draw: (seed: number) => Value): Value[] {
  return Array.from({ length: count }, (_, seed) => draw(seed));
}

describe('what the draws look like', () => {
  it('occlude covers about 37 % with uniform noise', () => {
    const image = flat(100, 100, 0);
    const histogram = new Array<number>(256).fill(0);
    const coverages = draws(200, (seed) => {
      const view = occlude()(image, seededRandom('occlude', seed));
      for (const value of view.data) histogram[value]!++;
      return 1 - shareOfBlack(view);
    });
    // 1 − (1 − 0.0951²)⁵⁰ less the border: 0.37 by simulation of the authors' code.
    expect(mean(coverages)).toBeGreaterThan(0.35);
    expect(mean(coverages)).toBeLessThan(0.39);
    const noise = histogram.slice(1);
    const expected = mean(noise);
    const chiSquared = noise.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(254 + 5 * Math.sqrt(2 * 254));
  });

  it('zoomCrop takes one share of 0.6 to 0.7 for both sides, anywhere', () => {
    const image = coordinates(200, 150);
    const windows = draws(300, (seed) => {
      const { data } = zoomCrop()(image, seededRandom('zoom', seed));
      const last = data.length - 3;
      // The outermost pixels of a window survive an enlargement.
      return { left: data[0]!, top: data[1]!, right: data[last]! + 1, bottom: data[last + 1]! + 1 };
    });
    for (const { left, top, right, bottom } of windows) {
      expect(right - left).toBeGreaterThanOrEqual(120);
      expect(right - left).toBeLessThanOrEqual(140);
      expect(Math.abs((bottom - top) / 150 - (right - left) / 200)).toBeLessThan(0.012);
    }
    expect(mean(windows.map(({ left, right }) => right - left))).toBeCloseTo(129.5, -0.5);
    expect(Math.min(...windows.map(({ left }) => left))).toBeLessThan(5);
    expect(Math.max(...windows.map(({ right }) => right))).toBeGreaterThan(195);
    expect(Math.min(...windows.map(({ top }) => top))).toBeLessThan(5);
    expect(Math.max(...windows.map(({ bottom }) => bottom))).toBeGreaterThan(145);
  });

  it.each([0.6, 0.5])('patchMask blackens whole cells of a grid with probability %d', (probability) => {
    const image = flat(140, 98, 255);
    const rates = draws(100, (seed) => {
      const view = patchMask({ probability })(image, seededRandom('mask', seed));
      let torn = 0;
      for (let row = 0; row < 98; row++) {
        for (let column = 0; column < 140; column++) {
          const corner = (row - (row % 14)) * 140 + column - (column % 14);
          if (view.data[(row * 140 + column) * 3] !== view.data[corner * 3]) torn++;
        }
      }
      expect(torn).toBe(0);
      return shareOfBlack(view);
    });
    // 7000 cells: standard error 0.006.
    expect(mean(rates)).toBeCloseTo(probability, 1.6);
  });

  it('patchMask counts the cells that the border cuts', () => {
    const image = flat(15, 15, 255);
    const views = draws(
      200,
      (seed) => patchMask({ probability: 0.5 })(image, seededRandom('cut', seed)).data,
    );
    for (const pixel of [0, 14, 14 * 15, 14 * 15 + 14]) {
      const rate = mean(views.map((data) => (data[pixel * 3] === 0 ? 1 : 0)));
      expect(Math.abs(rate - 0.5)).toBeLessThan(0.12);
    }
  });

  it('perspective is the identity half of the time, and moves corners inward by at most a tenth', () => {
    const image = coordinates(200, 200);
    const views = draws(400, (seed) => perspective()(image, seededRandom('perspective', seed)));
    const untouched = views.filter((view) => view === image).length / views.length;
    expect(Math.abs(untouched - 0.5)).toBeLessThan(0.08);
    for (const view of views) {
      // (21, 21) shows the image wherever its corners went, and a place no further in than a tenth of it away.
      const at = (21 * 200 + 21) * 3;
      expect(view.data[at]! + view.data[at + 1]!).toBeGreaterThan(0);
      expect(view.data[at]).toBeLessThanOrEqual(26);
      expect(view.data[at + 1]).toBeLessThanOrEqual(26);
    }
    const offsets = views
      .filter((view) => view !== image)
      .map((view) => view.data.findIndex((value) => value > 0));
    expect(new Set(offsets).size).toBeGreaterThan(20);
  });

  it('rotate turns both ways by up to 10°', () => {
    // A white dot 80 pixels right of the centre goes up by 80 · sin(angle).
    const image = flat(201, 201, 0);
    for (let down = -1; down <= 1; down++) {
      for (let across = -1; across <= 1; across++)
        image.data.fill(
          255,
          ((100 + down) * 201 + 180 + across) * 3,
          ((100 + down) * 201 + 181 + across) * 3,
        );
    }
    const angles = draws(200, (seed) => {
      const { data } = rotate()(image, seededRandom('rotate', seed));
      const rows: number[] = [];
      for (let at = 0; at < data.length; at += 3) if (data[at] === 255) rows.push(Math.floor(at / 3 / 201));
      return (Math.asin((100 - mean(rows)) / 80) * 180) / Math.PI;
    });
    expect(Math.min(...angles)).toBeGreaterThan(-10.8);
    expect(Math.min(...angles)).toBeLessThan(-9);
    expect(Math.max(...angles)).toBeLessThan(10.8);
    expect(Math.max(...angles)).toBeGreaterThan(9);
    expect(Math.abs(mean(angles))).toBeLessThan(1.3);
  });

  it('colorJitter draws brightness from 0.2 to 1.3', () => {
    const image = flat(2, 2, 150);
    const factors = draws(500, (seed) => {
      const jitter = colorJitter({ contrast: 1, saturation: 1 });
      return jitter(image, seededRandom('jitter', seed)).data[0]! / 150;
    });
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.19);
    expect(Math.min(...factors)).toBeLessThan(0.22);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.3);
    expect(Math.max(...factors)).toBeGreaterThan(1.28);
    expect(Math.abs(mean(factors) - 0.75)).toBeLessThan(0.05);
  });

  it('colorJitter takes every order', () => {
    const image: RgbImage = { width: 2, height: 1, data: Uint8Array.of(250, 10, 90, 30, 200, 60) };
    const fixed = { brightness: 1.3, contrast: 0.4, saturation: 1.8 };
    const outcomes = draws(600, (seed) => colorJitter(fixed)(image, seededRandom('order', seed)).data.join());
    const counts = [...new Set(outcomes)].map((one) => outcomes.filter((other) => other === one).length);
    expect(counts.length).toBe(6);
    for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  it('blackSquares covers 80 %, hardly more', () => {
    const image = flat(112, 84, 255);
    for (const share of draws(20, (seed) =>
      shareOfBlack(blackSquares()(image, seededRandom('squares', seed))),
    )) {
      expect(share).toBeGreaterThanOrEqual(0.8);
      expect(share).toBeLessThan(0.8 + 196 / (112 * 84));
    }
  });
});
