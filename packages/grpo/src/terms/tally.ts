import * as tf from '@tensorflow/tfjs-core';
import type { Cluster } from '../cluster/cluster.js';

type Pooling = 'sum' | 'min' | 'max';

/** A figure of one micro-batch, or of one learner. */
interface Figure {
  readonly name: string;
  readonly pooling: Pooling;
  readonly value: number;
}

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

  /** The figures of this learner by name, pooled in float64. */
  async read(): Promise<Record<string, number>> {
    return valuesOf(pool(await this.figures()));
  }

  /** The figures of all learners by name. An exchange. */
  async pool(cluster: Pick<Cluster, 'gather'>): Promise<Record<string, number>> {
    const all = await cluster.gather(pool(await this.figures()));
    return valuesOf(pool(all.flat()));
  }

  private async figures(): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const { names, pooling, values } of this.kept) {
      const numbers = await values.data();
      for (const [i, name] of names.entries()) figures.push({ name, pooling, value: numbers[i]! });
    }
    return figures;
  }

  dispose(): void {
    for (const { values } of this.kept.splice(0)) values.dispose();
  }
}

/** One figure of each name. */
function pool(figures: readonly Figure[]): Figure[] {
  const pooled = new Map<string, Figure>();
  for (const { name, pooling, value } of figures) {
    const before = pooled.get(name)?.value;
    const both =
      before === undefined ? value : pooling === 'sum' ? before + value : Math[pooling](before, value);
    pooled.set(name, { name, pooling, value: both });
  }
  return [...pooled.values()];
}

function valuesOf(figures: readonly Figure[]): Record<string, number> {
  return Object.fromEntries(figures.map(({ name, value }) => [name, value]));
}
