/** A source of randomness; everything random in this package comes through one. */
export interface Random {
  /** The next number, uniform in [0, 1), with 32 bits. */
  next(): number;
  /** The next 32 bits as a signed integer. */
  bits(): number;
}

/**
 * Makes a random generator (sfc32) from its arguments: the same parts give the same sequence on any machine,
 * since only 32-bit integer arithmetic is involved.
 *
 * Parts are distinguished by type and position: ('a', 'b'), ('ab') and ('b', 'a') differ, and so do 1 and
 * '1'.
 *
 * @param parts what identifies the draw, for example run seed, sample id and epoch.
 * @returns a generator of numbers in [0, 1) and of 32-bit integers.
 * @throws RangeError for a number that is not finite.
 * @example
 * seededRandom(7, 'sample 3').next() === seededRandom(7, 'sample 3').next(); // true
 * seededRandom(7, 'sample 3').next() === seededRandom('7', 'sample 3').next(); // false
 */
export function seededRandom(...parts: readonly (string | number)[]): Random {
  const state = absorb(parts);
  for (let round = 0; round < 16; round++) step(state);
  return {
    next: () => (step(state) >>> 0) / 4_294_967_296,
    bits: () => step(state),
  };
}

/** A generator of its own for one purpose, so that what one consumer draws does not shift the other. */
export function fork(random: Random, purpose: string): Random {
  return seededRandom(purpose, random.bits(), random.bits(), random.bits());
}

/** Uniform in [minimum, maximum); exactly `minimum` when both are equal. */
export function uniform(random: Random, minimum: number, maximum: number): number {
  return minimum + random.next() * (maximum - minimum);
}

/** A whole number, uniform in [minimum, maximum], both ends included. */
export function wholeNumber(random: Random, minimum: number, maximum: number): number {
  return minimum + Math.floor(random.next() * (maximum - minimum + 1));
}

/** sfc32 by Chris Doty-Humphrey (PractRand): three words of chaotic state and a counter. */
function step(state: Int32Array): number {
  const a = state[0]!;
  const b = state[1]!;
  const c = state[2]!;
  const counter = state[3]!;
  const result = (a + b + counter) | 0;
  state[3] = counter + 1;
  state[0] = b ^ (b >>> 9);
  state[1] = c + (c << 3);
  state[2] = ((c << 21) | (c >>> 11)) + result;
  return result;
}

/** Four lanes of FNV-1a over the parts' characters, finished with MurmurHash3's avalanche. */
function absorb(parts: readonly (string | number)[]): Int32Array {
  const lanes = new Int32Array([0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35]);
  const multipliers = [0x01000193, 0x85ebca77, 0x27d4eb2f, 0x165667b1];
  for (const part of parts) {
    if (typeof part === 'number' && !Number.isFinite(part)) {
      throw new RangeError(`seededRandom: part is ${part}; expected a string or a finite number.`);
    }
    const text = String(part);
    const tagged = `${typeof part === 'number' ? 'n' : 's'}${text.length}:${text}`;
    for (let at = 0; at < tagged.length; at++) {
      const unit = tagged.charCodeAt(at);
      for (let lane = 0; lane < 4; lane++) {
        const mixed = Math.imul(lanes[lane]! ^ unit, multipliers[lane]!);
        lanes[lane] = mixed ^ (mixed >>> 15);
      }
    }
  }
  for (let lane = 0; lane < 4; lane++) lanes[lane] = avalanche(lanes[lane]! + lanes[(lane + 1) % 4]!);
  return lanes;
}

function avalanche(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
