import type { QwenTextConfig } from '../config.js';
import type { BranchGrid } from './branches.js';

/**
 * Where the heads of N branches stand among the batches of attention: P prompts with room for W branches each, a
 * batch for each of their key/value heads, and in it the repeats (heads/KV) of one branch after another.
 */
export interface Placement {
  /** [P·KV, W·repeats] rows of the [N·heads, hd] queries; some row or other where there is no branch. */
  readonly queryRows: Int32Array;
  /** [P·KV·W] rows of the [N·KV, hd] keys. */
  readonly keyRows: Int32Array;
  /** [N, heads] rows of the [P·KV·W·repeats, hd] results. */
  readonly resultRows: Int32Array;
}

export function placement(grid: BranchGrid, { heads, keyValueHeads: kv }: QwenTextConfig): Placement {
  const { places, width } = grid;
  const repeats = heads / kv;
  const queryRows = new Int32Array(grid.slots * heads);
  const keyRows = new Int32Array(grid.slots * kv);
  const resultRows = new Int32Array(places.length * heads);
  places.forEach((slot, branch) => {
    const row = Math.floor(slot / width);
    for (let head = 0; head < heads; head++) {
      const group = Math.floor(head / repeats);
      const batch = (row * kv + group) * width + (slot % width);
      const place = batch * repeats + (head % repeats);
      queryRows[place] = branch * heads + head;
      keyRows[batch] = branch * kv + group;
      resultRows[branch * heads + head] = place;
    }
  });
  return { queryRows, keyRows, resultRows };
}
