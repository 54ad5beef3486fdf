import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { activations, packColumns, packDepth } from '../kernels/product.js';
import { type KernelModule, packedBytes } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';
import { plainWeight, type Weight, weightRecord } from './weight-record.js';

/** Activations that the product applies while C is in the cache; others run as kernels afterwards. */
const fusedActivations: readonly string[] = activations;
const unaryActivations: Record<string, string> = { elu: tf.Elu, sigmoid: tf.Sigmoid };

interface Epilogue {
  readonly bias?: TensorInfo | undefined;
  readonly activation: number;
  readonly slope: number;
}

/** `BatchMatMul` and `_FusedMatMul` for every transpose, batch and broadcast case. */
export function registerMatMul(module: KernelModule): void {
  replaceKernel(tf.BatchMatMul, () => ({ inputs, attrs }) => {
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
    const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
    return matMul(module, a, b, transposeA, transposeB, { activation: 0, slope: 0 });
  });
  replaceKernel(tf._FusedMatMul, () => fusedMatMul(module));
}

function fusedMatMul(module: KernelModule): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const {
      a,
      b,
      bias,
      preluActivationWeights: alpha,
    } = inputs as Record<string, TensorInfo> & {
      a: TensorInfo;
      b: TensorInfo;
    };
    const { transposeA, transposeB, activation, leakyreluAlpha } = attrs as unknown as {
      transposeA: boolean;
      transposeB: boolean;
      activation: string;
      leakyreluAlpha?: number;
    };
    const columns = transposeB ? b.shape.at(-2) : b.shape.at(-1);
    if (bias && (bias.shape.length > 1 || (bias.shape[0] ?? 1) !== columns)) {
      throw new RangeError(`_FusedMatMul: bias has shape [${bias.shape}]; expected [${columns}].`);
    }
    const fused = fusedActivations.indexOf(activation);
    const unary = activation === 'prelu' ? tf.Prelu : unaryActivations[activation];
    if (fused < 0 && !unary) {
      throw new TypeError(`_FusedMatMul: activation ${activation} is not known.`);
    }
    const product = matMul(module, a, b, transposeA, transposeB, {
      bias,
      activation: Math.max(0, fused),
      slope: leakyreluAlpha ?? 0,
    });
    if (!unary) return product;
    const operands = alpha && activation === 'prelu' ? { x: product, alpha } : { x: product };
    const result = tf.getKernel(unary, 'wasm').kernelFunc({ inputs: operands, backend, attrs: {} });
    module.backend.disposeData(product.dataId);
    return result;
  };
}

function matMul(
  module: KernelModule,
  a: TensorInfo,
  b: TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
  epilogue: Epilogue,
): TensorInfo {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    throw new TypeError(`matMul: got ${a.dtype} and ${b.dtype}; the wasm engine multiplies float32 only.`);
  }
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const rows = transposeA ? aColumns : aRows;
  const depth = transposeA ? aRows : aColumns;
  const columns = transposeB ? bRows : bColumns;
  if (depth !== (transposeB ? bColumns : bRows)) {
    throw new RangeError(
      `matMul: inner sizes differ, [${a.shape}]${transposeA ? 'ᵀ' : ''} · [${b.shape}]${transposeB ? 'ᵀ' : ''}.`,
    );
  }
  const aBatch = a.shape.slice(0, -2);
  const bBatch = b.shape.slice(0, -2);
  const outBatch = tf.broadcast_util.assertAndGetBroadcastShape(aBatch, bBatch);
  const out = module.output([...outBatch, rows, columns]);
  const batch = tf.util.sizeFromShape(outBatch);
  if (batch * rows * columns === 0) return out;

  const bAddress = module.address(b);
  const operands = {
    a: module.address(a),
    c: module.address(out),
    rows,
    columns,
    depth,
    aRowStep: transposeA ? 4 : aColumns * 4,
    aColumnStep: transposeA ? aColumns * 4 : 4,
    bRowStep: transposeB ? 4 : bColumns * 4,
    bColumnStep: transposeB ? bColumns * 4 : 4,
    sumScales: 0,
    bias: epilogue.bias ? module.address(epilogue.bias) : 0,
    activation: epilogue.activation,
    slope: epilogue.slope,
  };
  const aBytes = aRows * aColumns * 4;
  const bBytes = bRows * bColumns * 4;
  const aStep = evenStep(aBatch, batch, aBytes);
  const bStep = evenStep(bBatch, batch, bBytes);
  if (aStep !== undefined && bStep !== undefined) {
    runProduct(module, {
      ...operands,
      b: plainWeight(bAddress),
      aBatchStep: aStep,
      bBatchStep: bStep,
      batch,
    });
  } else {
    const aEntries = broadcastEntries(aBatch, outBatch);
    const bEntries = broadcastEntries(bBatch, outBatch);
    for (let entry = 0; entry < batch; entry++) {
      runProduct(module, {
        ...operands,
        a: operands.a + aEntries[entry]! * aBytes,
        b: plainWeight(bAddress + bEntries[entry]! * bBytes),
        c: operands.c + entry * rows * columns * 4,
        aBatchStep: 0,
        bBatchStep: 0,
        batch: 1,
      });
    }
  }
  return out;
}

/** Bytes between successive batch entries if they are all there or all one; undefined for mixed broadcasts. */
function evenStep(batch: number[], outBatch: number, bytes: number): number | undefined {
  const size = tf.util.sizeFromShape(batch);
  return size === 1 ? 0 : size === outBatch ? bytes : undefined;
}

/** For each entry of the broadcast batch, which entry of `batch` it reads. */
function broadcastEntries(batch: number[], outBatch: number[]): number[] {
  let entries = [0];
  const missing = outBatch.length - batch.length;
  outBatch.forEach((size, axis) => {
    const own = batch[axis - missing] ?? 1;
    entries = entries.flatMap((entry) =>
      Array.from({ length: size }, (_, i) => entry * own + (own === 1 ? 0 : i)),
    );
  });
  return entries;
}

/** What `productLayout` describes, but for how it is cut. */
export interface Product {
  a: number;
  b: Weight;
  c: number;
  rows: number;
  columns: number;
  depth: number;
  aRowStep: number;
  aColumnStep: number;
  bRowStep: number;
  bColumnStep: number;
  aBatchStep: number;
  bBatchStep: number;
  batch: number;
  sumScales: number;
  bias: number;
  activation: number;
  slope: number;
}

export function runProduct(module: KernelModule, given: Product): void {
  const product = folded(given);
  const { batchPerTask, rowParts, columnParts, share } = divide(product, module.threads);
  const { b, columns, ...steps } = product;
  const job = {
    ...{ ...weightRecord(b), ...steps, outs: columns },
    ...{ batchPerTask, rowParts, columnParts, packed: share ? module.packed : 0 },
  };
  if (share) {
    const tasks = Math.ceil(product.depth / packDepth) * Math.ceil(columns / packColumns);
    module.run('pack', tasks, job);
  }
  module.run('product', Math.ceil(product.batch / batchPerTask) * rowParts * columnParts, job);
}

/** One matrix for a whole batch: the batch is so many more rows if they follow each other. */
function folded(product: Product): Product {
  const { batch, rows, aRowStep, aBatchStep, bBatchStep } = product;
  if (batch === 1 || bBatchStep !== 0 || aBatchStep !== rows * aRowStep) return product;
  return { ...product, rows: batch * rows, batch: 1 };
}

/** Multiplications below which a product is not worth dividing: waking a worker takes as long as some of them. */
const SMALL = 2 ** 21;
/** Multiplications that a part should have at least. */
const SMALL_PART = 2 ** 18;
/** Rows or columns below which a part spends too much on packing. */
const NARROW = 32;
/** Rows from which B is packed once for all tasks, and rows that a part then has at least. */
const MANY_ROWS = 64;
const FEW_ROWS = 12;

interface Division {
  readonly batchPerTask: number;
  readonly rowParts: number;
  readonly columnParts: number;
  /** Whether B is packed first, by all threads for all tasks. */
  readonly share: boolean;
}

/** Cuts a product into about four tasks a thread, by batch entries and by rows, or by columns if rows are few. */
function divide({ batch, rows, columns, depth, bBatchStep }: Product, threads: number): Division {
  const whole = { batchPerTask: batch, rowParts: 1, columnParts: 1, share: false };
  const work = batch * rows * columns * depth;
  if (threads === 1 || work < SMALL) return whole;
  const wanted = 4 * threads;
  if (batch >= wanted) return { ...whole, batchPerTask: Math.ceil(batch / wanted) };
  const most = Math.ceil(work / batch / SMALL_PART);
  const parts = (wanted: number, length: number, least: number) =>
    Math.max(1, Math.min(Math.ceil(wanted / batch), Math.floor(length / least), most));
  const one = batch === 1 || bBatchStep === 0;
  const packedSize = Math.ceil(columns / 8) * 8 * depth * 4;
  if (one && rows >= MANY_ROWS && packedSize <= packedBytes) {
    return { ...whole, batchPerTask: 1, rowParts: parts(wanted, rows, FEW_ROWS), share: true };
  }
  // Each task packs its own part of both, so fewer of them.
  const byRows = rows >= columns;
  const count = parts(2 * threads, byRows ? rows : columns, NARROW);
  return {
    ...{ batchPerTask: 1, rowParts: byRows ? count : 1, columnParts: byRows ? 1 : count },
    share: false,
  };
}
