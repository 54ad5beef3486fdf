import { describe, expect, it } from 'vitest';
import { compose, identity, oneOf, sometimes } from './combine.js';
import type { RgbImage } from './image.js';
import type { Perturbation } from './perturbation.js';
import { seededRandom } from './random.js';

const image: RgbImage = { width: 1, height: 1, data: Uint8Array.of(10, 0, 0) };
const plus =
  (amount: number): Perturbation =>
  (given) => ({ ...given, data: given.data.map((value) => value + amount) });
const doubled: Perturbation = (given) => ({ ...given, data: given.data.map((value) => value * 2) });

describe('combinators', () => {
  it('identity and compose of nothing give the image', () => {
    expect(identity(image, seededRandom(1))).toBe(image);
    expect(compose()(image, seededRandom(1))).toBe(image);
  });

  it('compose applies the first one first', () => {
    expect(compose(plus(1), doubled)(image, seededRandom(1)).data[0]).toBe(22);
    expect(compose(doubled, plus(1))(image, seededRandom(1)).data[0]).toBe(21);
  });

  it('oneOf takes each as often', () => {
    const random = seededRandom('one');
    const pick = oneOf(plus(1), plus(2), plus(3));
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 3000; draw++) counts[pick(image, random).data[0]! - 11]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(100);
  });

  it.each([0, 0.25, 1])('sometimes is as often as it says: %d', (probability) => {
    const random = seededRandom('some');
    let applied = 0;
    for (let draw = 0; draw < 2000; draw++) {
      if (sometimes(probability, plus(1))(image, random) !== image) applied++;
    }
    expect(Math.abs(applied / 2000 - probability)).toBeLessThan(probability % 1 === 0 ? 1e-9 : 0.04);
  });

  it('refuses nothing to choose from and impossible chances', () => {
    expect(() => oneOf()).toThrow(RangeError);
    for (const probability of [-0.1, 1.1, Number.NaN]) {
      expect(() => sometimes(probability, identity)).toThrow(RangeError);
    }
  });
});
