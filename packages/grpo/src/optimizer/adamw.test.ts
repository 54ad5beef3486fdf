import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectClose } from '../../test/expect-close.js';
import golden from '../__fixtures__/optimizer.json';
import { AdamW, type AdamWMoments, type AdamWOptions, type AdamWState } from '../index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const shapes = [[2, 3], [4]];
let runs = 0;

/** Variables with the initial values of a case, and the gradients of one of its steps by their names. */
function variablesOf(example: (typeof golden.adamw)[number]) {
  const run = runs++;
  const variables = example.initial.map((values, i) =>
    tf.variable(tf.tensor(values, shapes[i]), true, `${i === 0 ? 'weight' : 'bias'}-${run}`),
  );
  const gradientsAt = (step: number) =>
    Object.fromEntries(
      variables.map(({ name }, i) => [name, tf.tensor(example.gradients[step]![i]!, shapes[i])] as const),
    );
  return { variables, gradientsAt };
}

function optionsOf({ options, withoutDecay }: (typeof golden.adamw)[number]): [AdamWOptions, number] {
  const { lr, betas, eps, weight_decay } = options as {
    lr: number;
    betas?: [number, number];
    eps?: number;
    weight_decay?: number;
  };
  return [
    {
      ...(betas && { beta1: betas[0], beta2: betas[1] }),
      ...(eps !== undefined && { epsilon: eps }),
      ...(weight_decay !== undefined && { weightDecay: weight_decay }),
      ...(withoutDecay && { decays: (name: string) => !name.startsWith('bias') }),
    },
    lr,
  ];
}

/** The engine's fused kernel, in float64, and how often it ran. */
const fused = {
  runs: 0,
  kernelName: 'CppoAdam',
  backendName: 'cpu',
  kernelFunc({ inputs, attrs, backend }: Parameters<tf.KernelFunc>[0]): tf.TensorInfo[] {
    fused.runs++;
    const cpu = backend as {
      data: { get(id: object): { values: Float32Array } };
      makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
    };
    const [w, g, m, v] = ['variable', 'gradient', 'first', 'second'].map((name) =>
      cpu.data.get(inputs[name]!.dataId).values.slice(),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const { learningRate, beta1, beta2, epsilon, weightDecay, step } = attrs as unknown as Record<
      'learningRate' | 'beta1' | 'beta2' | 'epsilon' | 'weightDecay' | 'step',
      number
    >;
    w.forEach((weight, i) => {
      m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!;
      v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2;
      const change = m[i]! / (1 - beta1 ** step) / (Math.sqrt(v[i]! / (1 - beta2 ** step)) + epsilon);
      w[i] = weight * (1 - learningRate * weightDecay) - learningRate * change;
    });
    return [w, m, v].map((values) => cpu.makeTensorInfo(inputs.variable!.shape, 'float32', values));
  },
};

describe.each(['ops', 'the fused kernel'])(`AdamW against torch ${golden.versions.torch}, by %s`, (means) => {
  beforeAll(() => {
    if (means === 'the fused kernel') tf.registerKernel(fused);
  });
  afterAll(() => {
    if (means === 'the fused kernel') tf.unregisterKernel(fused.kernelName, fused.backendName);
    expect(fused.runs).toBe(means === 'ops' ? 0 : 3 * 20 * 2);
  });

  it.each(golden.adamw)('20 steps with $options', async (example) => {
    const { variables, gradientsAt } = variablesOf(example);
    const [options, learningRate] = optionsOf(example);
    const optimizer = new AdamW(variables, options);
    for (let step = 0; step < 20; step++) {
      tf.tidy(() => optimizer.apply(gradientsAt(step), learningRate));
      if (step === 0)
        variables.forEach((v, i) => void expectClose(v.dataSync(), example.values[0]![i]!, 3e-7));
    }
    variables.forEach((v, i) => void expectClose(v.dataSync(), example.values[1]![i]!, 2e-6));
    const state = optimizer.state();
    expect(state.step).toBe(20);
    expect(state.variables).toEqual(variables.map(({ name, size }) => ({ name, size })));
    const moments = await collect(state.moments);
    expect(moments.map(({ name }) => name)).toEqual(variables.map(({ name }) => name));
    moments.forEach(({ first, second }, i) => {
      expectClose(first, example.moments[i]![0]!, 2e-6);
      expectClose(second, example.moments[i]![1]!, 2e-6);
    });
  });
});

describe('AdamW', () => {
  const example = golden.adamw[0]!;

  it('resumes to the same bits from its state', async () => {
    const straight = variablesOf(example);
    const resumed = variablesOf({ ...example });
    const first = new AdamW(straight.variables);
    for (let step = 0; step < 10; step++) first.apply(straight.gradientsAt(step), 0.01);
    const { step, ...state } = first.state();
    const moments = (await collect(state.moments)).map(({ first, second }) => ({
      ...{ first: first.slice(), second: second.slice() },
    }));
    const [weight, bias] = straight.variables.map((v) => v.dataSync().slice());
    for (let step = 10; step < 20; step++) first.apply(straight.gradientsAt(step), 0.01);

    const second = new AdamW(resumed.variables);
    resumed.variables[0]!.assign(tf.tensor(weight!, [2, 3]));
    resumed.variables[1]!.assign(tf.tensor(bias!));
    const renamed = state.variables.map(({ size }, i) => ({ name: resumed.variables[i]!.name, size }));
    await second.restore({
      ...{ step, variables: renamed },
      moments: moments.map((pair, i) => ({ name: renamed[i]!.name, ...pair })),
    });
    for (let step = 10; step < 20; step++) second.apply(resumed.gradientsAt(step), 0.01);
    straight.variables.forEach((v, i) => {
      expect(resumed.variables[i]!.dataSync()).toEqual(v.dataSync());
    });
  });

  it('leaves a variable without a gradient alone and leaks nothing', () => {
    const { variables, gradientsAt } = variablesOf(example);
    const outside = tf.memory().numTensors;
    const optimizer = new AdamW(variables);
    const gradients = gradientsAt(0);
    const before = variables[1]!.dataSync().slice();
    const tensors = tf.memory().numTensors;
    optimizer.apply({ [variables[0]!.name]: gradients[variables[0]!.name]! }, 0.1);
    expect(variables[1]!.dataSync()).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
    optimizer.dispose();
    tf.dispose(gradients);
    expect(tf.memory().numTensors).toBe(outside);
  });

  it('names what does not fit', async () => {
    const { variables } = variablesOf(example);
    const optimizer = new AdamW(variables);
    expect(() => optimizer.apply({ other: tf.zeros([2]) }, 0.1)).toThrow(/AdamW\.apply: gradient "other"/);
    expect(() => optimizer.apply({ [variables[0]!.name]: tf.zeros([3, 2]) }, 0.1)).toThrow(
      /is \[3,2\]; expected \[2,3\]/,
    );
    const listed = optimizer.state().variables;
    const restored = (change: Partial<AdamWState>) =>
      optimizer.restore({ step: 1, variables: listed, moments: [], ...change });
    await expect(restored({ variables: [] })).rejects.toThrow(/AdamW\.restore: the state lacks/);
    const longer = listed.map(({ name, size }) => ({ name, size: size + 1 }));
    await expect(restored({ variables: longer })).rejects.toThrow(/have 7 values; expected 6/);
    await expect(restored({})).rejects.toThrow(/has no moments of/);
    expect(optimizer.steps).toBe(0);
    expect(() => new AdamW(variables, { beta1: 1 })).toThrow(/AdamW.*beta1/s);
    expect(() => new AdamW([variables[0]!, variables[0]!])).toThrow(/two variables are named/);
  });
});

async function collect(moments: AdamWState['moments']): Promise<AdamWMoments[]> {
  const all: AdamWMoments[] = [];
  for await (const pair of moments) all.push(pair);
  return all;
}
