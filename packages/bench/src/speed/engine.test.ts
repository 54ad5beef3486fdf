import { expect, it } from 'vitest';
import { engineReport } from './engine.js';
import { formatSpeedTable } from './table.js';

const product = {
  use: 'attention scores',
  size: [64, 288, 96, 32] as const,
  transposeA: false,
  transposeB: true,
};

it('shows wasm beside its stock kernels and one thread', () => {
  const { tables, json } = engineReport({
    engines: [
      {
        engine: { name: 'wasm', description: 'WebAssembly' },
        peak: 400,
        vectorPeak: 120,
        products: [
          {
            ...product,
            ...{ engine: 60, oneThread: 30, stock: 2, ownToStock: 15, threadsToOne: 2 },
            ...{ shareOfPeak: 0.15, shareOfVectorPeak: 0.5 },
          },
        ],
        step: { engine: 45, stock: 2.5, ownToStock: 9, milliseconds: 700, shareOfProducts: 0.75 },
      },
    ],
    missing: [{ name: 'webgpu', reason: 'no driver' }],
  });
  expect(json).toMatchObject({ missing: [{ name: 'webgpu' }] });
  expect(tables.map(formatSpeedTable).join('\n')).toBe(
    [
      'wasm: WebAssembly',
      'product                            shape  GFLOP/s  of peak  of vectors  1 thread  threads  stock  1 thread to stock',
      '────────────────  ──────────────────────  ───────  ───────  ──────────  ────────  ───────  ─────  ─────────────────',
      'attention scores  64 × 288×32 · (96×32)ᵀ     60.0     15 %        50 %      30.0    2.0 ×    2.0             15.0 ×',
      'training step                     700 ms     45.0        –           –         –        –    2.5              9.0 ×',
      'The step reaches 75 % of the best product’s rate.',
      'Peak: 400 GFLOP/s, an estimate: as measured for vectors, × how much wider the processor’s own are.',
      'Vectors: 120 GFLOP/s, measured: WebAssembly’s multiply-adds of four numbers in registers, × threads.',
      'Not measured: webgpu, no driver.',
    ].join('\n'),
  );
});

it('leaves out what other engines do not have', () => {
  const { tables } = engineReport({
    engines: [
      { engine: { name: 'tensorflow', description: 'TensorFlow' }, products: [{ ...product, engine: 140 }] },
    ],
    missing: [],
  });
  expect(tables[0]!.columns).toEqual(['product', 'shape', 'GFLOP/s', 'of peak', 'of vectors']);
  expect(tables[0]!.rows).toEqual([
    ['attention scores', '64 × 288×32 · (96×32)ᵀ', '140.0', undefined, undefined],
  ]);
});
