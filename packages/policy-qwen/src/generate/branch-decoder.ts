import type * as tf from '@tensorflow/tfjs-core';
import type { RotaryTable } from '../model/kernels.js';
import type { BranchGrid } from './branches.js';

/** Decodes the branches of a grid token by token, with keys and values of the tokens before. */
export interface BranchDecoder {
  /**
   * Logits [N, V] after one more token of each of N branches, to be called in a tidy.
   *
   * @param tokens [N]
   * @param rotary of their positions.
   */
  decode(grid: BranchGrid, tokens: readonly number[], rotary: RotaryTable): tf.Tensor2D;
  /**
   * Keeps or repeats some branches.
   *
   * @param rows int32 batches of branches, ordered prompt, key/value head, branch.
   * @param of how many there are.
   */
  selectBranches(rows: tf.Tensor1D, of: number): void;
  /** Of the branches' keys and values; the prompts' are the caller's. */
  dispose(): void;
}
