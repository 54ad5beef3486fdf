import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedCppoOptions } from './cppo-options.js';
import type { TokensByGroup } from './find-tokens.js';
import type { GatedGroup } from './gate-groups.js';

interface MicroBatchLoss<P> {
  readonly gatedGroups: readonly GatedGroup<P>[];
  readonly loss: tf.Scalar;
  /** [B, T]; only where someone wants to see it. */
  readonly perToken: tf.Tensor2D | undefined;
}

/** What the micro-batches of a step leave on the device, to be read when the step is over. */
export class MicroBatchLosses<P> {
  private readonly losses: MicroBatchLoss<P>[] = [];

  constructor(private readonly onTokens: ResolvedCppoOptions['onTokens']) {}

  add(
    gatedGroups: readonly GatedGroup<P>[],
    { loss, perToken }: { readonly loss: tf.Scalar; readonly perToken: tf.Tensor2D },
  ): void {
    this.losses.push({
      gatedGroups,
      loss: tf.keep(loss),
      perToken: this.onTokens && tf.keep(perToken),
    });
  }

  /** Sum of the losses, nats; tells of the tokens of each completion. */
  async read(tokensByGroup: TokensByGroup<P>): Promise<number> {
    let sum = 0;
    for (const { gatedGroups, loss, perToken } of this.losses) {
      sum += (await loss.data())[0]!;
      if (perToken === undefined) continue;
      this.report(gatedGroups, tokensByGroup, await perToken.data<'float32'>(), perToken.shape[1]);
    }
    return sum;
  }

  private report(
    gatedGroups: readonly GatedGroup<P>[],
    tokensByGroup: TokensByGroup<P>,
    losses: Float32Array,
    width: number,
  ): void {
    let row = 0;
    for (const { group, indices } of gatedGroups) {
      for (const [position, index] of indices.entries()) {
        const tokens = tokensByGroup.get(group)![position]!;
        const start = row++ * width;
        const loss = losses.slice(start, start + tokens.mask.length);
        this.onTokens?.(group.id, index, { ...tokens, loss });
      }
    }
  }

  /** Completions that carried the loss. */
  countCompletions(): number {
    const indices = this.losses.flatMap(({ gatedGroups }) => gatedGroups.flatMap((group) => group.indices));
    return indices.length;
  }

  dispose(): void {
    for (const { loss, perToken } of this.losses.splice(0)) tf.dispose(perToken ? [loss, perToken] : [loss]);
  }
}
