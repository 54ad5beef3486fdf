// Random bfloat16 numbers by the gigabyte.

/** Numbers of the block that all weights are cut from. */
const blockLength = 2 ** 24;
/** Numbers taken at a time. Not a multiple of any width, so that rows of a matrix start anywhere in the block. */
const sliceLength = 2 ** 20 - 3;

/**
 * Weights with mean 0 and a given standard deviation, as bytes of bfloat16.
 *
 * A model of the 3B has 3.7 billion numbers, and drawing each from a normal distribution takes JavaScript minutes. So one block
 * of 16.8 million is drawn, and a tensor is made of slices of it that start at random places. Products of such weights
 * behave like those of independent ones: slices overlap, but lie differently in every matrix.
 *
 * @param {number} seed      the same seed gives the same bytes for the same sequence of calls.
 * @param {number} deviation standard deviation of a number.
 * @returns {(count: number) => Iterable<Uint8Array>} the next tensor of so many numbers, in pieces that must not be changed.
 */
export function randomWeights(seed, deviation) {
  const uniform = mulberry32(seed);
  const block = new Uint16Array(blockLength);
  const bits = new Float32Array(1);
  const word = new Uint32Array(bits.buffer);
  for (let i = 0; i < blockLength; i++) {
    // Box–Muller; 1 − u is never 0.
    bits[0] = deviation * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    block[i] = narrow(word[0]);
  }
  return function* tensor(count) {
    for (let left = count; left > 0; ) {
      const length = Math.min(left, sliceLength);
      const start = Math.floor(uniform() * (blockLength - length + 1));
      yield new Uint8Array(block.buffer, 2 * start, 2 * length);
      left -= length;
    }
  };
}

/** So many ones in bfloat16: what the scale of a normalisation starts with. */
export function ones(count) {
  return new Uint8Array(new Uint16Array(count).fill(0x3f80).buffer);
}

/** Upper half of a float32, to nearest, ties to even. */
function narrow(bits) {
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Uniform in [0, 1); T. Ettinger's mulberry32. */
function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
