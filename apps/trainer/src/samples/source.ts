import {
  type OpenOptions,
  openDataset,
  type PromptTemplate,
  permutation,
  promptTemplates,
  type Sample,
} from '@cppo/dataset';
import { type ComponentKind, type ComponentSpec, component, hasMethods } from '../components/index.js';
import { readSpec } from '../components/spec.js';
import { UserError } from '../user-error.js';
import { builtinSamples, heldOutSeed } from './builtin.js';

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
  /** @param order 0 is the run's own order; others serve where samples are drawn besides. Default 0. */
  take(start: number, count: number, order?: number): Promise<PlacedSample[]>;
  close(): Promise<void>;
}

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
export async function openTrainingSource(spec: ComponentSpec, seed: number): Promise<SampleSource> {
  if (isBuiltIn(spec)) return builtinSource(spec, seed);
  const { name, length, at, close } = await open('data.train', spec);
  return {
    name,
    length,
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
export async function openHeldOutSource(spec: ComponentSpec): Promise<SampleSource> {
  if (isBuiltIn(spec)) return builtinSource(spec, heldOutSeed);
  const { name, length, at, close } = await open('data.eval', spec);
  return {
    name,
    length,
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

function isBuiltIn(spec: ComponentSpec): spec is string {
  return typeof spec === 'string' && spec.startsWith('builtin:');
}

interface OpenedSamples {
  readonly name: string;
  readonly length: number;
  /** Without an order that of the files. */
  readonly at: (position: number, order?: { seed: number; epoch: number }) => Promise<Sample>;
  readonly close: () => Promise<void>;
}

const kind: ComponentKind<SampleSet> = {
  expected: 'a data set: an object with a length above 0 and read(index)',
  accepts: (value) => hasMethods(value, 'read') && (value as SampleSet).length > 0,
  builtIn: {},
};

async function open(key: string, spec: ComponentSpec): Promise<OpenedSamples> {
  const { name, module, options } = readSpec(spec);
  if (module !== undefined) {
    const set = await component(key, spec, kind);
    return {
      name: set.name ?? module,
      length: set.length,
      at: async (position, order) =>
        set.read(order === undefined ? position : permutation(set.length, order.seed, order.epoch)(position)),
      close: async () => set.close?.(),
    };
  }
  try {
    const dataset = await openDataset(name, options as OpenOptions);
    if (dataset.length > 0) {
      return {
        name: dataset.name,
        length: dataset.length,
        at: (position, order) =>
          order === undefined ? dataset.read(position) : dataset.sampleAt(position, order),
        close: () => dataset.close(),
      };
    }
    await dataset.close();
  } catch (error) {
    throw new UserError(`${key}: ${(error as Error).message}`);
  }
  throw new UserError(`${key}: found no usable sample in ${name}, expected at least one.`);
}

function builtinSource(spec: string, seed: number): SampleSource {
  const draw = builtinSamples(spec, seed);
  return {
    name: spec,
    length: Number.POSITIVE_INFINITY,
    take: async (start, count, order = 0) =>
      (order === 0 ? draw : builtinSamples(spec, orderSeed(seed, order)))(start, count).map((sample) => ({
        sample,
        epoch: 0,
      })),
    close: async () => {},
  };
}

/** The template that a configuration names, or its own text. */
export function templateNamed(text: string): PromptTemplate {
  if (Object.hasOwn(promptTemplates, text)) return promptTemplates[text as keyof typeof promptTemplates];
  if (text.includes('{question}')) return { name: 'own', text };
  throw new UserError(
    `data.template: found ${JSON.stringify(text)}, expected one of ${Object.keys(promptTemplates).join(', ')} or a text with {question}.`,
  );
}
