import * as tf from '@tensorflow/tfjs-core';

/** A text decoder in the manner of Qwen2.5 (RMSNorm, grouped-query attention with rotary positions, SwiGLU). */
export interface DecoderSize {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly batch: number;
  readonly length: number;
}

/** The decoder whose training step the project's figures speak of. */
export const referenceDecoder: DecoderSize = {
  hidden: 192,
  layers: 4,
  heads: 6,
  keyValueHeads: 2,
  feedForward: 512,
  vocabulary: 512,
  batch: 32,
  length: 96,
};

/** Floating-point operations of the matrix products of one step, forward and twice as many backward. */
export function stepOperations(size: DecoderSize): number {
  const { hidden, layers, heads, keyValueHeads, feedForward, vocabulary, batch, length } = size;
  const rows = batch * length;
  const keyValues = (hidden / heads) * keyValueHeads;
  const perLayer =
    rows * hidden * (2 * hidden + 2 * keyValues + 3 * feedForward) + 2 * rows * length * hidden;
  return 3 * 2 * (layers * perLayer + rows * hidden * vocabulary);
}

/** One step of training, forward, backward and Adam, on numbers made up from `seed`. */
export class TrainingStep {
  readonly #size: DecoderSize;
  readonly #variables = new Map<string, tf.Variable>();
  readonly #moments = new Map<string, { first: tf.Variable; second: tf.Variable }>();
  readonly #inputs: tf.Tensor1D;
  readonly #targets: tf.Tensor2D;
  readonly #cos: tf.Tensor;
  readonly #sin: tf.Tensor;
  readonly #mask: tf.Tensor;
  #steps = 0;

  constructor(size: DecoderSize, seed: number) {
    this.#size = size;
    const { hidden, layers, heads, keyValueHeads, feedForward, vocabulary, batch, length } = size;
    const width = hidden / heads;
    let next = seed;
    const matrix = (name: string, out: number, into: number) => {
      const values = tf.tidy(() =>
        tf.variable(tf.randomNormal([out, into], 0, into ** -0.5, 'float32', next++)),
      );
      this.#variables.set(name, values);
    };
    const scale = (name: string) =>
      this.#variables.set(
        name,
        tf.tidy(() => tf.variable(tf.ones([hidden]))),
      );
    matrix('embedding', vocabulary, hidden);
    for (let layer = 0; layer < layers; layer++) {
      scale(`${layer}.norm1`);
      matrix(`${layer}.q`, hidden, hidden);
      matrix(`${layer}.k`, keyValueHeads * width, hidden);
      matrix(`${layer}.v`, keyValueHeads * width, hidden);
      matrix(`${layer}.o`, hidden, hidden);
      scale(`${layer}.norm2`);
      matrix(`${layer}.gate`, feedForward, hidden);
      matrix(`${layer}.up`, feedForward, hidden);
      matrix(`${layer}.down`, hidden, feedForward);
    }
    scale('norm');
    matrix('head', vocabulary, hidden);
    for (const [name, variable] of this.#variables) {
      const zeros = () => tf.tidy(() => tf.variable(tf.zerosLike(variable), false));
      this.#moments.set(name, { first: zeros(), second: zeros() });
    }

    const token = (index: number) => (index * 7919 + seed) % vocabulary;
    const rows = batch * length;
    this.#inputs = tf.tensor1d(
      Int32Array.from({ length: rows }, (_, i) => token(i)),
      'int32',
    );
    const targets = Int32Array.from({ length: rows }, (_, i) => token(i + 1));
    this.#targets = tf.tidy(() =>
      tf.oneHot(tf.tensor1d(targets, 'int32'), vocabulary, 1, 0, 'float32'),
    ) as tf.Tensor2D;
    const angle = (row: number, channel: number) =>
      (row % length) * 10_000 ** ((-2 * (channel % (width / 2))) / width);
    const table = (of: (angle: number) => number) =>
      tf.tensor(
        Float32Array.from({ length: rows * width }, (_, i) => of(angle(Math.floor(i / width), i % width))),
        [rows, 1, width],
      );
    this.#cos = table(Math.cos);
    this.#sin = table(Math.sin);
    const group = heads / keyValueHeads;
    this.#mask = tf.tensor(
      Float32Array.from({ length: group * length * length }, (_, i) =>
        i % length > Math.floor(i / length) % length ? -1e9 : 0,
      ),
      [group * length, length],
    );
  }

  /** The mean cross-entropy (nats) before the step; all of it is computed, or handed to the device, before this returns. */
  async run(learningRate = 1e-3): Promise<number> {
    const { value, grads } = tf.variableGrads(() => this.#loss());
    this.#steps++;
    const byName = new Map([...this.#variables].map(([name, variable]) => [variable.name, name]));
    for (const [id, gradient] of Object.entries(grads)) this.#update(byName.get(id)!, gradient, learningRate);
    const [loss] = await value.data();
    tf.dispose([value, grads]);
    return loss!;
  }

  /** A copy of the gradients, by name. */
  async gradients(): Promise<Map<string, Float32Array>> {
    const { value, grads } = tf.variableGrads(() => this.#loss());
    const byName = new Map([...this.#variables].map(([name, variable]) => [variable.name, name]));
    const copies = await Promise.all(
      Object.entries(grads).map(
        async ([id, gradient]) => [byName.get(id)!, (await gradient.data<'float32'>()).slice()] as const,
      ),
    );
    tf.dispose([value, grads]);
    return new Map(copies);
  }

  dispose(): void {
    tf.dispose([this.#inputs, this.#targets, this.#cos, this.#sin, this.#mask]);
    for (const variable of this.#variables.values()) variable.dispose();
    for (const { first, second } of this.#moments.values()) tf.dispose([first, second]);
  }

  #weight<T extends tf.Tensor>(name: string): T {
    return this.#variables.get(name) as unknown as T;
  }

  #loss(): tf.Scalar {
    const { layers, batch, length } = this.#size;
    let x = tf.gather(this.#weight<tf.Tensor2D>('embedding'), this.#inputs);
    for (let layer = 0; layer < layers; layer++) {
      const weight = (name: string) => this.#weight<tf.Tensor2D>(`${layer}.${name}`);
      x = tf.add(x, this.#attention(rmsNorm(x, weight('norm1')), weight));
      const y = rmsNorm(x, weight('norm2'));
      const inner = swiGlu(linear(y, weight('gate')), linear(y, weight('up')));
      x = tf.add(x, linear(inner, weight('down')));
    }
    const logits = linear(rmsNorm(x, this.#weight('norm')), this.#weight('head'));
    return tf.div(tf.neg(tf.sum(tf.mul(this.#targets, tf.logSoftmax(logits)))), batch * length) as tf.Scalar;
  }

  #attention(x: tf.Tensor2D, weight: (name: string) => tf.Tensor2D): tf.Tensor2D {
    const { hidden, heads, keyValueHeads, batch, length } = this.#size;
    const width = hidden / heads;
    // Queries of one key/value head lie side by side, so keys and values need not be repeated.
    const byHead = (x: tf.Tensor, count: number) => {
      const turned = tf.transpose(tf.reshape(x, [batch, length, count, width]), [0, 2, 1, 3]);
      return tf.reshape(turned, [batch * keyValueHeads, (count / keyValueHeads) * length, width]);
    };
    const turn = (x: tf.Tensor2D, count: number) =>
      rotary(tf.reshape(x, [batch * length, count, width]), this.#cos, this.#sin);
    const q = byHead(turn(linear(x, weight('q')), heads), heads);
    const k = byHead(turn(linear(x, weight('k')), keyValueHeads), keyValueHeads);
    const v = byHead(linear(x, weight('v')), keyValueHeads);
    const scores = tf.matMul(tf.mul(q, width ** -0.5), k, false, true);
    const mixed = tf.matMul(tf.softmax(tf.add(scores, this.#mask)), v);
    const rows = tf.transpose(tf.reshape(mixed, [batch, heads, length, width]), [0, 2, 1, 3]);
    return linear(tf.reshape(rows, [batch * length, hidden]), weight('o'));
  }

  #update(name: string, gradient: tf.Tensor, learningRate: number): void {
    const [beta1, beta2] = [0.9, 0.999];
    const { first, second } = this.#moments.get(name)!;
    const variable = this.#variables.get(name)!;
    const attributes = { learningRate, beta1, beta2, epsilon: 1e-8, weightDecay: 0, step: this.#steps };
    const updated = fused('CppoAdam', { variable, gradient, first, second }, attributes);
    if (updated) {
      [variable, first, second].forEach((old, i) => {
        old.assign(updated[i]!);
      });
      tf.dispose(updated);
      return;
    }
    const stepSize = learningRate / (1 - beta1 ** this.#steps);
    const rootCorrection = Math.sqrt(1 - beta2 ** this.#steps);
    tf.tidy(() => {
      first.assign(tf.add(first, tf.mul(tf.sub(gradient, first), 1 - beta1)));
      second.assign(tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2)));
      const denominator = tf.add(tf.div(tf.sqrt(second), rootCorrection), 1e-8);
      variable.assign(tf.sub(variable, tf.mul(tf.div(first, denominator), stepSize)));
    });
  }
}

function linear(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, weight, false, true);
}

/** The fused kernel where the engine has it: what a model would do. */
function fused(name: string, inputs: tf.NamedTensorMap, attributes = {}): tf.Tensor[] | undefined {
  if (!tf.getKernel(name, tf.getBackend())) return undefined;
  return [tf.engine().runKernel(name, inputs, attributes)].flat() as tf.Tensor[];
}

function rmsNorm(x: tf.Tensor2D, weight: tf.Tensor, epsilon = 1e-6): tf.Tensor2D {
  const root = () => tf.rsqrt(tf.add(tf.mean(tf.square(x), 1, true), epsilon));
  return (fused('CppoRmsNorm', { x, weight }, { epsilon })?.[0] ??
    tf.mul(tf.mul(x, root()), weight)) as tf.Tensor2D;
}

function swiGlu(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  return (fused('CppoSwiGlu', { gate, up })?.[0] ??
    tf.mul(tf.mul(gate, tf.sigmoid(gate)), up)) as tf.Tensor2D;
}

function rotary(x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor): tf.Tensor {
  const plain = () => {
    const [first, second] = tf.split(x, 2, 2) as [tf.Tensor, tf.Tensor];
    return tf.add(tf.mul(x, cos), tf.mul(tf.concat([tf.neg(second), first], 2), sin));
  };
  return fused('CppoRotary', { x, cos, sin })?.[0] ?? plain();
}
