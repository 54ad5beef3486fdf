// Vectors at the end of a row: the last one to three numbers are read into a vector filled up with something
// harmless, and only as many are written.

/**
 * Numbers of a row that are added up by themselves, before their sum joins the row's. One float32 sum over all of a
 * vocabulary of 150,000 would lose 1e-4 of itself: late terms are small beside what stands.
 */
export const SUM_BLOCK: usize = 1024;

@inline
export function loadSome(from: usize, count: usize, fill: f32): v128 {
  let x = f32x4.splat(fill);
  if (count > 0) x = f32x4.replace_lane(x, 0, load<f32>(from));
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(from, 4));
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(from, 8));
  return x;
}

@inline
export function storeSome(to: usize, count: usize, x: v128): void {
  if (count > 0) store<f32>(to, f32x4.extract_lane(x, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(x, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(x, 2), 8);
}

@inline
export function sumOfLanes(x: v128): f32 {
  const pairs = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/** The sums of neighbours, of a and then of b. */
@inline
function sumsOfPairs(a: v128, b: v128): v128 {
  return f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
}

@inline
export function sumsOfFour(a: v128, b: v128, c: v128, d: v128): v128 {
  return sumsOfPairs(sumsOfPairs(a, b), sumsOfPairs(c, d));
}

@inline
export function maxOfLanes(x: v128): f32 {
  const pairs = f32x4.max(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Four rows become four columns: row i of the result, at to + i·step, is number i of each. */
@inline
export function transpose4Rows(r0: v128, r1: v128, r2: v128, r3: v128, to: usize, step: usize): void {
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
  v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
  v128.store(to + 2 * step, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
  v128.store(to + 3 * step, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
}
