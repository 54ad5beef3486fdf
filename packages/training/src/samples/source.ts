import { type OpenOptions, openDataset, permutation, type Sample, type SkippedRow } from '@cppo/dataset';
import { UserError } from '@cppo/run';
import type { SampleSource } from '../contract/samples.js';
import { builtinSamples, heldOutSeed, isBuiltIn } from './builtin.js';
import { checkReading, type ReadingOptions, readingFor } from './reading.js';

/**
 * What names samples: `builtin:<task>`, a file, a folder or a hub id; one of those with options of the reader; several sets that are
 * mixed by their weights; or a custom data set.
 */
export type SampleSpec =
  | string
  | ({ readonly name: string } & Readonly<Record<string, unknown>>)
  | readonly { readonly source: string; readonly weight: number }[]
  | SampleSet;

/** A custom data set. */
export interface SampleSet {
  readonly name?: string;
  /** Number of samples, above 0. */
  readonly length: number;
  /** A pure function of the index, in [0, length). */
  read(index: number): Sample | Promise<Sample>;
  close?(): void | Promise<void>;
}

/**
 * Opens training samples in an order drawn from the seed.
 *
 * @param spec a specification, or a custom set.
 * @param seed of the run.
 * @param reading how rows and pictures are checked.
 * @returns samples by position.
 */
export async function openTrainingSource(
  spec: SampleSpec,
  seed: number,
  reading?: ReadingOptions,
): Promise<SampleSource> {
  checkReading('openTrainingSource', reading);
  if (isBuiltIn(spec)) return builtinSource(spec, seed);
  const { name, length, skipped, fingerprint, at, close } = await open('data.train', spec, reading);
  return {
    name,
    length,
    skipped,
    fingerprint,
    take: (start, count, order = 0) =>
      Promise.all(
        Array.from({ length: count }, async (_, offset) => {
          const epoch = Math.floor((start + offset) / length);
          const ordering = { seed: orderSeed(seed, order), epoch };
          return { sample: await at((start + offset) % length, ordering), epoch };
        }),
      ),
    close,
  };
}

/**
 * Opens held-out samples in the order of their files: the same questions in every run.
 *
 * @param spec a specification, or a custom set.
 * @param reading how rows and pictures are checked.
 * @param key of the configuration, for messages.
 * @returns samples by position.
 */
export async function openHeldOutSource(
  spec: SampleSpec,
  reading?: ReadingOptions,
  key = 'data.eval',
): Promise<SampleSource> {
  checkReading('openHeldOutSource', reading);
  if (isBuiltIn(spec)) return builtinSource(spec, heldOutSeed);
  const { name, length, skipped, fingerprint, at, close } = await open(key, spec, reading);
  return {
    name,
    length,
    skipped,
    fingerprint,
    take: (start, count) =>
      Promise.all(
        Array.from({ length: Math.min(count, length - start) }, async (_, offset) => ({
          sample: await at(start + offset),
          epoch: 0,
        })),
      ),
    close,
  };
}

/** The run's own order has the run's seed. */
function orderSeed(seed: number, order: number): number {
  return order === 0 ? seed : (seed + Math.imul(order, 0x9e3779b1)) >>> 0;
}

interface OpenedSamples {
  readonly name: string;
  readonly length: number;
  readonly skipped: readonly SkippedRow[];
  readonly fingerprint?: string;
  /** Without an order that of the files. */
  readonly at: (position: number, order?: { seed: number; epoch: number }) => Promise<Sample>;
  readonly close: () => Promise<void>;
}

async function open(key: string, spec: SampleSpec, reading?: ReadingOptions): Promise<OpenedSamples> {
  if (isSet(spec)) {
    // Report a plain mistake before the run begins.
    await spec.read(0);
    return {
      name: spec.name ?? 'samples',
      length: spec.length,
      skipped: [],
      at: async (position, order) =>
        spec.read(
          order === undefined ? position : permutation(spec.length, order.seed, order.epoch)(position),
        ),
      close: async () => spec.close?.(),
    };
  }
  const { name, ...options } = readerSpec(key, spec);
  const { stop, warnings, ...ours } =
    reading === undefined ? { stop: () => {}, warnings: () => [] } : readingFor(name, reading);
  try {
    const dataset = await openDataset(name, { ...ours, ...(options as OpenOptions) });
    stop();
    if (dataset.length > 0) {
      sayLeftOut(key, dataset);
      for (const warning of warnings()) console.error(`${key}: ${warning}`);
      return {
        name: dataset.name,
        length: dataset.length,
        skipped: dataset.skipped,
        fingerprint: dataset.fingerprint,
        at: (position, order) =>
          order === undefined ? dataset.read(position) : dataset.sampleAt(position, order),
        close: () => dataset.close(),
      };
    }
    await dataset.close();
  } catch (error) {
    stop();
    throw new UserError(`${key}: ${(error as Error).message}`);
  }
  throw new UserError(`${key}: found no usable sample in ${name}, expected at least one.`);
}

function builtinSource(spec: string, seed: number): SampleSource {
  const draw = builtinSamples(spec, seed);
  return {
    name: spec,
    length: Number.POSITIVE_INFINITY,
    skipped: [],
    take: async (start, count, order = 0) =>
      (order === 0 ? draw : builtinSamples(spec, orderSeed(seed, order)))(start, count).map((sample) => ({
        sample,
        epoch: 0,
      })),
    close: async () => {},
  };
}

/** What `openDataset` takes: a specification, for a list the one that mixes, and options of the reader. */
function readerSpec(
  key: string,
  spec: Exclude<SampleSpec, SampleSet>,
): { readonly name: string } & Readonly<Record<string, unknown>> {
  if (typeof spec === 'string') return { name: spec };
  if ('name' in spec) return spec;
  const drawn = spec.find(({ source }) => isBuiltIn(source));
  if (drawn) {
    throw new UserError(
      `${key}: found ${drawn.source} in a list, expected files, folders or hub ids (builtin:<task>,<task> mixes built-in tasks).`,
    );
  }
  return { name: spec.map(({ source, weight }) => `${weight}*${source}`).join(' + ') };
}

const isSet = (spec: SampleSpec): spec is SampleSet =>
  typeof spec === 'object' && 'read' in spec && typeof spec.read === 'function';

const shownRows = 20;

/** Nothing is left out in silence. */
function sayLeftOut(
  key: string,
  { length, skipped }: { readonly length: number; readonly skipped: readonly SkippedRow[] },
): void {
  if (skipped.length === 0) return;
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => `${count} × ${reason}`).join(', ');
  const rows = skipped.slice(0, shownRows).map(({ detail }) => `  ${detail}`);
  if (skipped.length > shownRows) rows.push(`  … and ${skipped.length - shownRows} more`);
  console.error(
    [`${key}: ${length} samples; ${skipped.length} rows left out (${reasons}):`, ...rows].join('\n'),
  );
}
