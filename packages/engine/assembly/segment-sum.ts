/**
 * Rows added up by segment: out[id] = Σ of the rows of x with that id; the gradient of every `gather`.
 *
 * @param x        [rows, width]
 * @param ids      int32 [rows]; rows with an id outside [0, segments) are left out.
 * @param out      [segments, width]
 */
export function segmentSum(
  x: usize,
  ids: usize,
  rows: usize,
  width: usize,
  segments: usize,
  out: usize,
): void {
  memory.fill(out, 0, segments * width * 4);
  for (let i: usize = 0; i < rows; i++) {
    const id = load<u32>(ids + i * 4);
    if (usize(id) >= segments) continue;
    const from = x + i * width * 4;
    const to = out + usize(id) * width * 4;
    let j: usize = 0;
    for (; j + 4 <= width; j += 4) {
      v128.store(to + j * 4, f32x4.add(v128.load(to + j * 4), v128.load(from + j * 4)));
    }
    for (; j < width; j++) store<f32>(to + j * 4, load<f32>(to + j * 4) + load<f32>(from + j * 4));
  }
}
