/** Numbers of a sketch: two of them are 1/√131072 = 0.3 % of the norms wrong about their product. */
export const sketchWidth = 2 ** 17;

/**
 * A gradient in few numbers (count sketch; Charikar, Chen and Farach-Colton 2002, doi:10.1016/S0304-3975(03)00400-6): every
 * number is added, with a random sign, to a random place.
 *
 *   E[s(a)·s(b)] = a·b,   deviation at most ‖a‖·‖b‖·√(2/width);   s(a) + s(b) = s(a + b)
 *
 * What has no more numbers than the sketch is kept as it is. Place and sign are functions of the position alone.
 *
 * @param parts the gradient of each variable, always in the same order.
 * @param width a power of two.
 * @returns at most `width` numbers.
 * @throws RangeError when the width is no power of two.
 */
export function sketchGradient(parts: readonly Float32Array[], width = sketchWidth): Float32Array {
  if (!(width >= 1 && Number.isInteger(Math.log2(width)))) {
    throw new RangeError(`sketchGradient: width is ${width}; expected a power of two.`);
  }
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const sketch = new Float32Array(Math.min(size, width));
  let position = 0;
  for (const part of parts) {
    if (size <= width) sketch.set(part, position);
    else {
      for (let i = 0; i < part.length; i++) {
        const mixed = mix(position + i);
        const place = mixed & (width - 1);
        sketch[place] = sketch[place]! + (mixed < 0 ? -part[i]! : part[i]!);
      }
    }
    position += part.length;
  }
  return sketch;
}

/** The finaliser of MurmurHash3 (public domain): neighbouring positions give unrelated bits. */
function mix(position: number): number {
  let mixed = (position + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
