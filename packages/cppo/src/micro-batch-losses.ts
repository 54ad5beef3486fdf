import type { Cluster } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedCppoOptions } from './cppo-options.js';
import type { GatedGroup } from './gate-groups.js';
import type { TokensByGroup } from './tokens-by-group.js';

interface MicroBatchLoss<P> {
  readonly gatedGroups: readonly GatedGroup<P>[];
  readonly loss: tf.Scalar;
  /** [B, T]; only where someone wants to see it. */
  readonly perToken: tf.Tensor2D | undefined;
}

/** What the micro-batches of a step leave on the device, to be read when the step is over. */
export class MicroBatchLosses<P> {
  private readonly losses: MicroBatchLoss<P>[] = [];

  constructor(
    private readonly tokensByGroup: TokensByGroup<P>,
    private readonly onTokens: ResolvedCppoOptions['onTokens'],
  ) {}

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

  /** Reads the losses, and tells of the tokens of each of this learner's completions. */
  async metrics(cluster: Cluster): Promise<Record<string, number>> {
    let sum = 0;
    for (const { gatedGroups, loss, perToken } of this.losses) {
      sum += (await loss.data())[0]!;
      if (perToken) this.report(gatedGroups, await perToken.data<'float32'>(), perToken.shape[1]);
    }
    const own = [sum, this.countCompletions(), this.tokensByGroup.count(), this.tokensByGroup.sumShift()];
    const [loss = 0, gated = 0, tokens = 0, shift = 0] = await cluster.sum(Float64Array.from(own));
    return {
      'cppo/loss': loss,
      'cppo/gated': gated,
      'cppo/tokens': tokens,
      'cppo/shift': shift / Math.max(1, tokens),
    };
  }

  private report(gatedGroups: readonly GatedGroup<P>[], losses: Float32Array, width: number): void {
    const found = this.tokensByGroup.of(gatedGroups);
    const completions = gatedGroups.flatMap(({ group, indices }) =>
      indices.map((index) => ({ id: group.id, index })),
    );
    for (const [row, { id, index }] of completions.entries()) {
      const tokens = found[row]!;
      const loss = losses.slice(row * width, row * width + tokens.mask.length);
      this.onTokens?.(id, index, { ...tokens, loss });
    }
  }

  /** Completions that carried the loss. */
  private countCompletions(): number {
    const indices = this.losses.flatMap(({ gatedGroups }) => gatedGroups.flatMap((group) => group.indices));
    return indices.length;
  }

  dispose(): void {
    for (const { loss, perToken } of this.losses.splice(0)) tf.dispose(perToken ? [loss, perToken] : [loss]);
  }
}
