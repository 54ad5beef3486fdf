import { requireNames } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../engines/engine.js';
import { processorFeatures } from '../engines/processor-features.js';
import { accelerateWasm } from '../wasm/accelerate.js';
import { processorPeak, vectorWidening } from './processor-peak.js';
import { type DecoderSize, referenceDecoder, stepOperations, TrainingStep } from './training-step.js';

export interface EngineBenchmarkOptions {
  /** Rounds, in each of which every case is timed in every mode; the median counts. Default 11. */
  readonly rounds?: number;
  /** Also the stock kernels of the wasm backend, which take some ten times as long. Default true. */
  readonly stock?: boolean;
  /** Decoder whose training step is timed; false for none. Default `referenceDecoder`. */
  readonly step?: DecoderSize | false;
  readonly report?: (line: string) => void;
}

/** GFLOP/s, and the ratios of them that say what something brought. */
export interface Rates {
  readonly engine: number;
  /** Wasm: own kernels on one thread. */
  readonly oneThread?: number;
  /** Wasm: the kernels that the backend came with. */
  readonly stock?: number;
  /** oneThread / stock. */
  readonly ownToStock?: number;
  /** engine / oneThread. */
  readonly threadsToOne?: number;
}

export interface ProductRate extends Rates {
  /** What a model does with such a product. */
  readonly use: string;
  /** [batch, rows, columns, depth]. */
  readonly size: readonly [number, number, number, number];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** engine / peak. */
  readonly shareOfPeak?: number;
  /** Wasm: engine / vectorPeak. */
  readonly shareOfVectorPeak?: number;
}

export interface StepRate extends Rates {
  readonly decoder: DecoderSize;
  /** Of the products, forward and backward. */
  readonly gigaOperations: number;
  readonly milliseconds: number;
  /** The step's rate by that of the best product of the same run. */
  readonly shareOfProducts: number;
}

export interface EngineBenchmark {
  readonly engine: Engine;
  /**
   * Estimated peak of the processor, GFLOP/s; absent where it is unknown or the engine does not compute on it. On wasm it is `vectorPeak` ×
   * the widest vectors' numbers / 4; elsewhere `processorPeak`.
   */
  readonly peak?: number;
  /**
   * Wasm: measured GFLOP/s of multiply-adds that stay in registers, one thread's times the threads. Vectors of four numbers
   * are all that WebAssembly has, so its products can reach no more.
   */
  readonly vectorPeak?: number;
  readonly products: readonly ProductRate[];
  readonly step?: StepRate;
}

const products: readonly Pick<ProductRate, 'use' | 'size' | 'transposeA' | 'transposeB'>[] = [
  { use: 'plain, square', size: [1, 512, 512, 512], transposeA: false, transposeB: false },
  { use: 'plain, large', size: [1, 1024, 1024, 1024], transposeA: false, transposeB: false },
  { use: 'linear layer', size: [1, 3072, 512, 192], transposeA: false, transposeB: true },
  { use: 'its input gradient', size: [1, 3072, 192, 512], transposeA: false, transposeB: false },
  { use: 'its weight gradient', size: [1, 512, 192, 3072], transposeA: true, transposeB: false },
  { use: 'attention scores', size: [64, 288, 96, 32], transposeA: false, transposeB: true },
  { use: 'attention mix', size: [64, 288, 32, 96], transposeA: false, transposeB: false },
  { use: 'attention gradient', size: [64, 96, 32, 288], transposeA: true, transposeB: false },
  { use: 'linear layer, 8 tokens', size: [1, 8, 512, 192], transposeA: false, transposeB: true },
  { use: 'odd sizes', size: [3, 97, 53, 111], transposeA: true, transposeB: true },
];

/** Work of one timed run: enough for the clock, little enough that another program seldom gets in between. */
const OPERATIONS_PER_RUN = 5e7;

/** Products from which on the stock kernels, at some 1 GFLOP/s, take a fifth of a second. */
const LARGE = 2e8;

type Mode = <T>(run: () => T) => T;
type ModeName = 'engine' | 'oneThread' | 'stock';

/** Measures the current engine: products by shape, and a whole training step. */
export async function benchmarkEngine(
  engine: Engine,
  options: EngineBenchmarkOptions = {},
): Promise<EngineBenchmark> {
  requireNames('benchmarkEngine', options, { rounds: true, stock: true, step: true, report: true });
  const { rounds = 11, stock = true, step = referenceDecoder, report = () => {} } = options;
  const modes: Partial<Record<ModeName, Mode>> = { engine: (run) => run() };
  const features = await processorFeatures();
  let vectorPeak: number | undefined;
  let widestPeak: number | undefined;
  if (engine.name === 'wasm') {
    const wasm = await accelerateWasm();
    vectorPeak = (engine.threads * wasm.measurePeak()) / 1e6;
    if (wasm.fusedMultiplyAdd) widestPeak = vectorPeak * vectorWidening(features);
    if (wasm.threads > 1) modes.oneThread = wasm.onOneThread;
    if (stock) modes.stock = wasm.onStockKernels;
  }
  const onProcessor = engine.name !== 'webgpu' && engine.name !== 'tensorflow-gpu';
  const peak = onProcessor ? (widestPeak ?? processorPeak(features, engine.threads)) : undefined;

  const cases = products.map(productCase);
  const training = step ? stepCase(step) : undefined;
  const times = await timeInRounds(training ? [...cases, training] : cases, modes, rounds, report);
  const rates = products.map((product, i): ProductRate => {
    const measured = toRates((cases[i] as Case).operations, times[i] as Times);
    return {
      ...product,
      ...measured,
      ...(peak !== undefined && { shareOfPeak: measured.engine / peak }),
      ...(vectorPeak !== undefined && { shareOfVectorPeak: measured.engine / vectorPeak }),
    };
  });
  const result: EngineBenchmark = {
    engine,
    products: rates,
    ...(peak !== undefined && { peak }),
    ...(vectorPeak !== undefined && { vectorPeak }),
  };
  if (!training || !step) return result;

  const ofStep = times.at(-1) as Times;
  const measured = toRates(training.operations, ofStep);
  const best = Math.max(...rates.map((product) => product.engine));
  return {
    ...result,
    step: {
      ...{
        decoder: step,
        gigaOperations: training.operations / 1e9,
        milliseconds: ofStep.engine!,
        ...measured,
      },
      shareOfProducts: measured.engine / best,
    },
  };
}

/** Milliseconds. */
type Times = Partial<Record<ModeName, number>>;

function toRates(operations: number, times: Times): Rates {
  const rate = (milliseconds: number) => operations / milliseconds / 1e6;
  const own = times.oneThread ?? times.engine!;
  return {
    engine: rate(times.engine!),
    ...(times.oneThread !== undefined && {
      oneThread: rate(times.oneThread),
      threadsToOne: times.oneThread / times.engine!,
    }),
    ...(times.stock !== undefined && { stock: rate(times.stock), ownToStock: times.stock / own }),
  };
}

/** Something that is timed. */
interface Case {
  readonly operations: number;
  /** Rounds in which the stock kernels take part: where they take long, a few are enough. */
  readonly stockRounds: number;
  /** Milliseconds of one run. */
  time(mode: Mode): Promise<number>;
  dispose(): void;
}

/**
 * The median time of every case in every mode. All take turns, round after round, so that a disturbance meets all: a
 * machine is often slower for a second, and seldom quick for as long as a step takes.
 */
async function timeInRounds(
  cases: readonly Case[],
  modes: Partial<Record<ModeName, Mode>>,
  rounds: number,
  report: (line: string) => void,
): Promise<Times[]> {
  const all = cases.map((): Partial<Record<ModeName, number[]>> => ({}));
  // One additional round warms up.
  for (let round = -1; round < rounds; round++) {
    report(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`);
    for (const [i, { stockRounds, time }] of cases.entries()) {
      for (const [name, mode] of Object.entries(modes) as [ModeName, Mode][]) {
        if (name === 'stock' && (round < 0 || round >= stockRounds)) continue;
        const milliseconds = await time(mode);
        const times = all[i] as Partial<Record<ModeName, number[]>>;
        if (round >= 0) times[name] = [...(times[name] ?? []), milliseconds];
      }
    }
  }
  for (const { dispose } of cases) dispose();
  return all.map((times) =>
    Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)])),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2;
}

function productCase({ size, transposeA, transposeB }: (typeof products)[number]): Case {
  const [batch, rows, columns, depth] = size;
  const operations = 2 * batch * rows * columns * depth;
  const a = tf.randomUniform([batch, ...(transposeA ? [depth, rows] : [rows, depth])], -1, 1, 'float32', 1);
  const b = tf.randomUniform(
    [batch, ...(transposeB ? [columns, depth] : [depth, columns])],
    -1,
    1,
    'float32',
    2,
  );
  const inner = Math.max(1, Math.round(OPERATIONS_PER_RUN / operations));
  const time = async (mode: Mode) => {
    const start = performance.now();
    const number = mode(() => {
      let last = tf.matMul(a, b, transposeA, transposeB);
      for (let i = 1; i < inner; i++) {
        last.dispose();
        last = tf.matMul(a, b, transposeA, transposeB);
      }
      const number = tf.tidy(() => tf.slice(tf.reshape(last, [-1]), 0, 1));
      last.dispose();
      return number;
    });
    // Graphics cards are asynchronous: the last number is there when all are.
    await number.data();
    const end = performance.now();
    number.dispose();
    return (end - start) / inner;
  };
  const stockRounds = operations < LARGE ? Number.POSITIVE_INFINITY : 3;
  return { operations, stockRounds, time, dispose: () => tf.dispose([a, b]) };
}

function stepCase(decoder: DecoderSize): Case {
  const step = new TrainingStep(decoder, 1);
  const time = async (mode: Mode) => {
    const start = performance.now();
    await mode(() => step.run());
    return performance.now() - start;
  };
  const operations = stepOperations(decoder);
  return { operations, stockRounds: 1, time, dispose: () => step.dispose() };
}
