/**
 * Uniform random bytes in `rows` rows of `bytes` bytes, `stride` bytes apart, from four sfc32 generators side by side.
 *
 * @param state 64 bytes, read and advanced; then 16 bytes of scratch.
 */
export function fillNoise(target: usize, stride: i32, bytes: i32, rows: i32, state: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let counter = v128.load(state, 48);
  const one = i32x4.splat(1);
  for (let row = 0; row < rows; row++, target += stride) {
    for (let at = target, end = target + bytes; at < end; at += 16) {
      const word = i32x4.add(i32x4.add(a, b), counter);
      counter = i32x4.add(counter, one);
      a = v128.xor(b, i32x4.shr_u(b, 9));
      b = i32x4.add(c, i32x4.shl(c, 3));
      c = i32x4.add(v128.or(i32x4.shl(c, 21), i32x4.shr_u(c, 11)), word);
      if (at + 16 <= end) {
        v128.store(at, word);
      } else {
        v128.store(state, word, 64);
        memory.copy(at, state + 64, end - at);
      }
    }
  }
  v128.store(state, a);
  v128.store(state, b, 16);
  v128.store(state, c, 32);
  v128.store(state, counter, 48);
}
