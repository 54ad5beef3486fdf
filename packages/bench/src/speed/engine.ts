import type { SpeedReport, SpeedTable } from './table.js';

/** GFLOP/s; the others only on wasm. */
export interface Rates {
  readonly engine: number;
  readonly oneThread?: number;
  readonly stock?: number;
  readonly ownToStock?: number;
  readonly threadsToOne?: number;
}

/** What `benchmarkEngine` of `@cppo/engine` gives. */
export interface EngineFigures {
  readonly engine: { readonly name: string; readonly description: string };
  readonly peak?: number;
  readonly vectorPeak?: number;
  readonly products: readonly (Rates & {
    readonly use: string;
    readonly size: readonly [batch: number, rows: number, columns: number, depth: number];
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    readonly shareOfPeak?: number;
    readonly shareOfVectorPeak?: number;
  })[];
  readonly step?: Rates & { readonly milliseconds: number; readonly shareOfProducts: number };
}

/** Engines measured in one run, and why the others were not. */
export interface EngineMeasurements {
  readonly engines: readonly EngineFigures[];
  readonly missing: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Tabulates engine measurements, one table per engine: products by shape, then the training step.
 *
 * @param measurements of engines.
 * @returns the tables.
 */
export function engineReport(measurements: EngineMeasurements): SpeedReport {
  const tables = measurements.engines.map(engineTable);
  const missing = measurements.missing.map(({ name, reason }) => `Not measured: ${name}, ${reason}.`);
  const last = tables.at(-1);
  return {
    json: measurements,
    tables: last ? [...tables.slice(0, -1), { ...last, notes: [...(last.notes ?? []), ...missing] }] : [],
  };
}

function engineTable({ engine, peak, vectorPeak, products, step }: EngineFigures): SpeedTable {
  const compared = products.some(({ stock, oneThread }) => stock !== undefined || oneThread !== undefined);
  const rates = ({ engine, oneThread, stock, ownToStock, threadsToOne }: Rates) => ({
    rate: engine.toFixed(1),
    compared: compared
      ? [
          oneThread?.toFixed(1),
          threadsToOne && times(threadsToOne),
          stock?.toFixed(1),
          ownToStock && times(ownToStock),
        ].map((cell) => cell || undefined)
      : [],
  });
  const rows = products.map((product) => {
    const { use, size, transposeA, transposeB, shareOfPeak, shareOfVectorPeak } = product;
    const { rate, compared } = rates(product);
    const [batch, height, width, depth] = size;
    const left = transposeA ? `(${depth}×${height})ᵀ` : `${height}×${depth}`;
    const right = transposeB ? `(${width}×${depth})ᵀ` : `${depth}×${width}`;
    const shape = `${batch > 1 ? `${batch} × ` : ''}${left} · ${right}`;
    return [use, shape, rate, percent(shareOfPeak), percent(shareOfVectorPeak), ...compared];
  });
  if (step) {
    const { rate, compared } = rates(step);
    rows.push([
      'training step',
      `${step.milliseconds.toFixed(0)} ms`,
      rate,
      undefined,
      undefined,
      ...compared,
    ]);
  }
  return {
    title: `${engine.name}: ${engine.description}`,
    columns: [
      ...['product', 'shape', 'GFLOP/s', 'of peak', 'of vectors'],
      ...(compared ? ['1 thread', 'threads', 'stock', '1 thread to stock'] : []),
    ],
    rows,
    notes: [
      ...(step ? [`The step reaches ${percent(step.shareOfProducts)} of the best product’s rate.`] : []),
      ...(peak === undefined
        ? []
        : [
            `Peak: ${peak.toFixed(0)} GFLOP/s, an estimate: ${vectorPeak === undefined ? 'threads × the clock that the system reports × the widest multiply-adds' : 'as measured for vectors, × how much wider the processor’s own are'}.`,
          ]),
      ...(vectorPeak === undefined
        ? []
        : [
            `Vectors: ${vectorPeak.toFixed(0)} GFLOP/s, measured: WebAssembly’s multiply-adds of four numbers in registers, × threads.`,
          ]),
    ],
  };
}

function times(ratio: number): string {
  return `${ratio.toFixed(1)} ×`;
}

function percent(share: number | undefined): string | undefined {
  return share === undefined ? undefined : `${(100 * share).toFixed(0)} %`;
}
