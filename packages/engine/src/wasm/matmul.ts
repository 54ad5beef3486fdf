import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

/** Activations that the product applies while C is in the cache; others run as kernels afterwards. */
const fusedActivations: Record<string, number> = { linear: 0, relu: 1, relu6: 2, leakyrelu: 3 };
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
    const fused = fusedActivations[activation];
    const unary = activation === 'prelu' ? tf.Prelu : unaryActivations[activation];
    if (fused === undefined && !unary) {
      throw new TypeError(`_FusedMatMul: activation ${activation} is not known.`);
    }
    const product = matMul(module, a, b, transposeA, transposeB, {
      bias,
      activation: fused ?? 0,
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

  const operands = {
    a: module.address(a),
    b: module.address(b),
    c: module.address(out),
    rows,
    columns,
    depth,
    aRowStep: transposeA ? 4 : aColumns * 4,
    aColumnStep: transposeA ? aColumns * 4 : 4,
    bRowStep: transposeB ? 4 : bColumns * 4,
    bColumnStep: transposeB ? bColumns * 4 : 4,
    bias: epilogue.bias ? module.address(epilogue.bias) : 0,
    activation: epilogue.activation,
    slope: epilogue.slope,
  };
  const aBytes = aRows * aColumns * 4;
  const bBytes = bRows * bColumns * 4;
  const aStep = evenStep(aBatch, batch, aBytes);
  const bStep = evenStep(bBatch, batch, bBytes);
  if (aStep !== undefined && bStep !== undefined) {
    runProduct(module, { ...operands, aBatchStep: aStep, bBatchStep: bStep, batch });
  } else {
    const aEntries = broadcastEntries(aBatch, outBatch);
    const bEntries = broadcastEntries(bBatch, outBatch);
    for (let entry = 0; entry < batch; entry++) {
      runProduct(module, {
        ...operands,
        a: operands.a + aEntries[entry]! * aBytes,
        b: operands.b + bEntries[entry]! * bBytes,
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

interface Product {
  a: number;
  b: number;
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
  bias: number;
  activation: number;
  slope: number;
}

function runProduct(module: KernelModule, product: Product): void {
  const { batchPerTask, rowParts, columnParts } = divide(product, module.threads);
  module.run(
    'product',
    Math.ceil(product.batch / batchPerTask) * rowParts * columnParts,
    [
      product.a,
      product.b,
      product.c,
      product.rows,
      product.columns,
      product.depth,
      product.aRowStep,
      product.aColumnStep,
      product.bRowStep,
      product.bColumnStep,
      product.aBatchStep,
      product.bBatchStep,
      product.batch,
      product.bias,
      product.activation,
      batchPerTask,
      rowParts,
      columnParts,
    ],
    [product.slope],
  );
}

/** Multiplications below which a product is not worth dividing: waking a worker takes as long as some of them. */
const SMALL = 2 ** 21;
/** Multiplications that a part should have at least. */
const SMALL_PART = 2 ** 18;
/** Rows or columns below which a part spends too much on packing. */
const NARROW = 32;

/** Cuts a product into about four tasks a thread by batch entries, and into two by rows or columns if those are few. */
function divide({ batch, rows, columns, depth }: Product, threads: number) {
  const work = batch * rows * columns * depth;
  if (threads === 1 || work < SMALL) return { batchPerTask: batch, rowParts: 1, columnParts: 1 };
  const wanted = 4 * threads;
  const batchPerTask = Math.ceil(batch / wanted);
  if (batch >= wanted) return { batchPerTask, rowParts: 1, columnParts: 1 };
  const byRows = rows >= columns;
  const length = byRows ? rows : columns;
  const parts = Math.max(
    1,
    Math.min(
      Math.ceil((2 * threads) / batch),
      Math.floor(length / NARROW),
      Math.ceil(work / batch / SMALL_PART),
    ),
  );
  return { batchPerTask: 1, rowParts: byRows ? parts : 1, columnParts: byRows ? 1 : parts };
}
