import { describeValue, parseOptions } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';

export interface AdamWOptions {
  /** Decay of the first moment. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  readonly epsilon?: number;
  /** Decoupled: variables shrink by learningRate · weightDecay a step. Default 0.01. */
  readonly weightDecay?: number;
  /** Which variables decay, by name; biases and norms are often left out. Default all. */
  readonly decays?: (name: string) => boolean;
}

/** As `torch.optim.AdamW` has them. */
export const adamWDefaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 } as const;

const schema = z.strictObject({
  beta1: z.number().min(0).lt(1).default(adamWDefaults.beta1),
  beta2: z.number().min(0).lt(1).default(adamWDefaults.beta2),
  epsilon: z.number().min(0).default(adamWDefaults.epsilon),
  weightDecay: z.number().min(0).default(adamWDefaults.weightDecay),
  decays: z
    .custom<(name: string) => boolean>(
      (value) => typeof value === 'function',
      'expected a function of a name',
    )
    .default(() => () => true),
});

/** First and second moments of one variable. */
export interface AdamWMoments {
  readonly name: string;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Everything that AdamW remembers: what a checkpoint holds. Moments come one variable after the other, so that all of them are never held twice. */
export interface AdamWState {
  /** Steps taken. */
  readonly step: number;
  /** Names and sizes of the variables, in the order of their moments. */
  readonly variables: readonly { readonly name: string; readonly size: number }[];
  readonly moments: Iterable<AdamWMoments> | AsyncIterable<AdamWMoments>;
}

/** Kernel of `@cppo/engine`: inputs, attributes and results are those of `updated`. */
const FUSED_KERNEL = 'CppoAdam';

interface Moments {
  readonly variable: tf.Variable;
  readonly first: tf.Variable;
  readonly second: tf.Variable;
}

/**
 * Adam with decoupled weight decay (arXiv:1711.05101), step for step as `torch.optim.AdamW`.
 *
 *   w ← w·(1 − η·λ)
 *   m ← β₁·m + (1 − β₁)·g,   v ← β₂·v + (1 − β₂)·g²
 *   w ← w − η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
 *
 * A variable without a gradient in a step is left as it is, decay included.
 */
export class AdamW {
  private readonly options: Omit<z.output<typeof schema>, 'decays'>;
  private readonly decays: (name: string) => boolean;
  private readonly moments = new Map<string, Moments>();
  private step = 0;

  /**
   * @param variables what is trained; their names must differ, since state and gradients go by name.
   * @throws RangeError when an option is out of range or two variables share a name.
   */
  constructor(variables: readonly tf.Variable[], options: AdamWOptions = {}) {
    requireVariables(variables);
    const { decays, ...numbers } = parseOptions('AdamW', schema, options);
    this.options = numbers;
    this.decays = decays;
    for (const variable of variables) {
      if (this.moments.has(variable.name)) {
        throw new RangeError(`AdamW: two variables are named "${variable.name}"; expected different names.`);
      }
      this.moments.set(variable.name, {
        variable,
        first: zerosLike(variable),
        second: zerosLike(variable),
      });
    }
  }

  /** Steps taken so far. */
  get steps(): number {
    return this.step;
  }

  /**
   * Applies one step. The caller disposes the gradients.
   *
   * @param gradients by name of the variable, each of its shape.
   * @param learningRate η, 0 or above.
   * @throws RangeError when a gradient has no variable or another shape, or the learning rate is no such number.
   */
  apply(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void {
    if (!(Number.isFinite(learningRate) && learningRate >= 0)) {
      throw new RangeError(
        `AdamW.apply: learningRate is ${describeValue(learningRate)}; expected a finite number, 0 or above.`,
      );
    }
    if (typeof gradients !== 'object' || gradients === null || Array.isArray(gradients)) {
      throw new RangeError(
        `AdamW.apply: gradients are ${describeValue(gradients)}; expected tensors by the names of their variables.`,
      );
    }
    for (const [name, gradient] of Object.entries(gradients)) {
      const shape = this.moments.get(name)?.variable.shape;
      if (!(gradient instanceof tf.Tensor)) {
        throw new RangeError(
          `AdamW.apply: gradient "${name}" is ${describeValue(gradient)}; expected a tensor. A variable without a ` +
            'gradient (tf.variableGrads gives null for it) is left out.',
        );
      }
      if (shape === undefined || `${shape}` !== `${gradient.shape}`) {
        const expected = shape === undefined ? 'the name of a trained variable' : `[${shape}]`;
        throw new RangeError(`AdamW.apply: gradient "${name}" is [${gradient.shape}]; expected ${expected}.`);
      }
    }
    this.step++;
    for (const [name, gradient] of Object.entries(gradients)) {
      this.update(this.moments.get(name)!, gradient, learningRate, this.decays(name));
    }
  }

  private update(
    { variable, first, second }: Moments,
    gradient: tf.Tensor,
    learningRate: number,
    decays: boolean,
  ) {
    const { beta1, beta2, epsilon } = this.options;
    const weightDecay = decays ? this.options.weightDecay : 0;
    const next = tf.tidy(() =>
      updated(
        { variable, gradient, first, second },
        { learningRate, beta1, beta2, epsilon, weightDecay, step: this.step },
      ),
    );
    [variable, first, second].forEach((old, index) => {
      old.assign(next[index]!);
    });
    tf.dispose(next);
  }

  /**
   * Everything it remembers. Moments are read when their turn comes, each time anew: go through them before the next step.
   */
  state(): AdamWState {
    const { moments } = this;
    const read = async (x: tf.Tensor) => x.data<'float32'>();
    return {
      step: this.step,
      variables: [...moments].map(([name, { variable }]) => ({ name, size: variable.size })),
      moments: {
        async *[Symbol.asyncIterator]() {
          for (const [name, { first, second }] of moments) {
            yield { name, first: await read(first), second: await read(second) };
          }
        },
      },
    };
  }

  /**
   * Continues from a state exactly: the next steps equal those of the optimiser that gave it.
   *
   * @throws RangeError when its variables are not this optimiser's, and nothing has changed, or when moments are missing or of another size.
   */
  async restore(state: AdamWState): Promise<void> {
    const sizes = new Map(state.variables.map(({ name, size }) => [name, size]));
    if (sizes.size !== this.moments.size || [...sizes.keys()].some((name) => !this.moments.has(name))) {
      const missing = [...this.moments.keys()].filter((name) => !sizes.has(name));
      const unknown = [...sizes.keys()].filter((name) => !this.moments.has(name));
      throw new RangeError(
        `AdamW.restore: the state lacks [${missing.slice(0, 3)}] and has unknown [${unknown.slice(0, 3)}]; expected the ${this.moments.size} trained variables.`,
      );
    }
    for (const [name, { variable }] of this.moments) {
      if (sizes.get(name) !== variable.size) {
        throw new RangeError(
          `AdamW.restore: moments of "${name}" have ${sizes.get(name)} values; expected ${variable.size}.`,
        );
      }
    }
    for await (const { name, first, second } of state.moments) {
      const own = this.moments.get(name);
      if (!own || first.length !== own.variable.size || second.length !== own.variable.size) {
        throw new RangeError(
          `AdamW.restore: moments of "${name}" have ${first.length} and ${second.length} values; expected ${sizes.get(name) ?? 'those of a trained variable'}.`,
        );
      }
      tf.tidy(() => {
        own.first.assign(tf.tensor(first, own.variable.shape));
        own.second.assign(tf.tensor(second, own.variable.shape));
      });
      sizes.delete(name);
    }
    if (sizes.size > 0) {
      const [name] = sizes.keys();
      throw new RangeError(`AdamW.restore: the state has no moments of "${name}", which it lists.`);
    }
    this.step = state.step;
  }

  /** Frees the moments. */
  dispose(): void {
    for (const { first, second } of this.moments.values()) tf.dispose([first, second]);
    this.moments.clear();
  }
}

function requireVariables(variables: readonly tf.Variable[]): void {
  const wrong = Array.isArray(variables)
    ? variables.findIndex((variable: unknown) => !(variable instanceof tf.Variable))
    : undefined;
  if (wrong === -1) return;
  const found = wrong === undefined ? variables : variables[wrong];
  throw new RangeError(
    `AdamW: ${wrong === undefined ? 'the variables are' : `variable ${wrong} is`} ${describeValue(found)}; expected a list of tf.Variable.`,
  );
}

interface AdamWStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Number of this step, from 1. */
  readonly step: number;
}

type Operands = Readonly<Record<'variable' | 'gradient' | 'first' | 'second', tf.Tensor>>;

/** The new variable and moments: by one kernel where the engine has it, a dozen ops otherwise. */
function updated(operands: Operands, options: AdamWStep): tf.Tensor[] {
  if (tf.getKernel(FUSED_KERNEL, tf.getBackend())) {
    return tf.engine().runKernel(FUSED_KERNEL, { ...operands }, { ...options }) as unknown as tf.Tensor[];
  }
  const { learningRate, beta1, beta2, epsilon, weightDecay, step } = options;
  const { variable, gradient } = operands;
  const first = tf.add(operands.first, tf.mul(tf.sub(gradient, operands.first), 1 - beta1));
  const second = tf.add(tf.mul(operands.second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
  const denominator = tf.add(tf.div(tf.sqrt(second), Math.sqrt(1 - beta2 ** step)), epsilon);
  const change = tf.mul(tf.div(first, denominator), learningRate / (1 - beta1 ** step));
  return [tf.sub(tf.mul(variable, 1 - learningRate * weightDecay), change), first, second];
}

function zerosLike(variable: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zerosLike(variable), false));
}
