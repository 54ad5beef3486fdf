import * as tf from '@tensorflow/tfjs-core';

type Pooling = 'sum' | 'min' | 'max';

/** Figures of micro-batches, kept on the device and pooled when read, so that no loss waits for the device. */
export class Tally {
  private readonly kept: {
    readonly names: readonly string[];
    readonly pooling: Pooling;
    readonly values: tf.Tensor;
  }[] = [];

  /** Scalars whose micro-batches add up, or of which the smallest or largest counts. */
  add(figures: Readonly<Record<string, tf.Scalar>>, pooling: Pooling = 'sum'): void {
    const names = Object.keys(figures);
    const values = tf.tidy(() => tf.stack(Object.values(figures)));
    this.kept.push({ names, pooling, values: tf.keep(values) });
  }

  /** The figures by name, pooled in float64. */
  async read(): Promise<Record<string, number>> {
    const pooled: Record<string, number> = {};
    for (const { names, pooling, values } of this.kept) {
      const numbers = await values.data();
      names.forEach((name, index) => {
        const value = numbers[index]!;
        const before = pooled[name];
        if (before === undefined) pooled[name] = value;
        else pooled[name] = pooling === 'sum' ? before + value : Math[pooling](before, value);
      });
    }
    return pooled;
  }

  dispose(): void {
    for (const { values } of this.kept.splice(0)) values.dispose();
  }
}
