import { type OpenOptions, openDataset, permutation, type Sample, type SkippedRow } from '@cppo/dataset';
import { UserError } from '@cppo/run';
import { type ComponentKind, type ComponentSpec, component, hasMethods } from '../components/index.js';
import { readSpec } from '../components/spec.js';
import { builtinSamples, heldOutSeed, isBuiltIn } from './builtin.js';
import { checkedSet } from './checked-set.js';
import { type ReadingOptions, readingFor } from './reading.js';

/** A sample at its place in a run: the same sample in another epoch is drawn, perturbed and answered anew. */
export interface PlacedSample {
  readonly sample: Sample;
  readonly epoch: number;
}

/** Samples by position in the run: a pure function of (seed, position), so a run resumes anywhere. */
export interface SampleSource {
  readonly name: string;
  /** Samples in an epoch; infinite for the built-in tasks, which never repeat. */
  readonly length: number;
  /** Rows that were left out, each with its reason. */
  readonly skipped: readonly SkippedRow[];
  /** Tells a set from another, wherever it lies; nothing for built-in tasks and data sets of the user's own. */
  readonly fingerprint?: string | undefined;
  /** @param order 0 is the run's own order; others serve where samples are drawn besides. Default 0. */
  take(start: number, count: number, order?: number): Promise<PlacedSample[]>;
  close(): Promise<void>;
}

/** Several sets are mixed by their weights. */
export type SampleSpec = ComponentSpec | readonly { readonly source: string; readonly weight: number }[];

/** A data set of the user's own. */
export interface SampleSet {
  readonly name?: string;
  /** Number of samples, above 0. */
  readonly length: number;
  /** A pure function of the index, in [0, length). */
  read(index: number): Sample | Promise<Sample>;
  close?(): void | Promise<void>;
}

/** Opens training samples in an order drawn from the seed. */
export async function openTrainingSource(
  spec: SampleSpec,
  seed: number,
  reading?: ReadingOptions,
): Promise<SampleSource> {
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

/** Opens held-out samples in the order of their files: the same questions in every run. */
export async function openHeldOutSource(
  spec: SampleSpec,
  reading?: ReadingOptions,
  key = 'data.eval',
): Promise<SampleSource> {
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

const kind: ComponentKind<SampleSet> = {
  expected: 'a data set: an object with a length above 0 and read(index)',
  accepts: (value) =>
    hasMethods(value, 'read') &&
    Number.isSafeInteger((value as SampleSet).length) &&
    (value as SampleSet).length > 0,
  watch: checkedSet,
  builtIn: {},
};

async function open(key: string, spec: SampleSpec, reading?: ReadingOptions): Promise<OpenedSamples> {
  const { name, module, options } = readSpec(asOneSpec(key, spec));
  if (module !== undefined) {
    const set = await component(key, spec as ComponentSpec, kind);
    // A plain mistake is said before the run begins.
    await set.read(0);
    return {
      name: set.name ?? module,
      length: set.length,
      skipped: [],
      at: async (position, order) =>
        set.read(order === undefined ? position : permutation(set.length, order.seed, order.epoch)(position)),
      close: async () => set.close?.(),
    };
  }
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

/** The specification that `openDataset` takes for a list of sets with weights. */
function asOneSpec(key: string, spec: SampleSpec): ComponentSpec {
  if (!isList(spec)) return spec;
  const drawn = spec.find(({ source }) => isBuiltIn(source));
  if (drawn) {
    throw new UserError(
      `${key}: found ${drawn.source} in a list, expected files, folders or hub ids (builtin:<task>,<task> mixes built-in tasks).`,
    );
  }
  return spec.map(({ source, weight }) => `${weight}*${source}`).join(' + ');
}

const isList = (spec: SampleSpec): spec is Exclude<SampleSpec, ComponentSpec> => Array.isArray(spec);

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
