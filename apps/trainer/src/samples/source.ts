import { type Dataset, openDataset, type PromptTemplate, promptTemplates, type Sample } from '@cppo/dataset';
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
  take(start: number, count: number): Promise<PlacedSample[]>;
  close(): Promise<void>;
}

/** Opens training samples in an order drawn from the seed. */
export async function openTrainingSource(spec: string, seed: number): Promise<SampleSource> {
  if (spec.startsWith('builtin:')) return builtinSource(spec, seed);
  const dataset = await open('data.train', spec);
  return {
    name: dataset.name,
    length: dataset.length,
    take: (start, count) =>
      Promise.all(
        Array.from({ length: count }, async (_, offset) => {
          const epoch = Math.floor((start + offset) / dataset.length);
          return {
            sample: await dataset.sampleAt((start + offset) % dataset.length, { seed, epoch }),
            epoch,
          };
        }),
      ),
    close: () => dataset.close(),
  };
}

/** Opens held-out samples in the order of their files: the same questions in every run. */
export async function openHeldOutSource(spec: string): Promise<SampleSource> {
  if (spec.startsWith('builtin:')) return builtinSource(spec, heldOutSeed);
  const dataset = await open('data.eval', spec);
  return {
    name: dataset.name,
    length: dataset.length,
    take: (start, count) =>
      Promise.all(
        Array.from({ length: Math.min(count, dataset.length - start) }, async (_, offset) => ({
          sample: await dataset.read(start + offset),
          epoch: 0,
        })),
      ),
    close: () => dataset.close(),
  };
}

function builtinSource(spec: string, seed: number): SampleSource {
  const draw = builtinSamples(spec, seed);
  return {
    name: spec,
    length: Number.POSITIVE_INFINITY,
    take: async (start, count) => draw(start, count).map((sample) => ({ sample, epoch: 0 })),
    close: async () => {},
  };
}

async function open(key: string, spec: string): Promise<Dataset> {
  try {
    const dataset = await openDataset(spec);
    if (dataset.length > 0) return dataset;
    await dataset.close();
  } catch (error) {
    throw new UserError(`${key}: ${(error as Error).message}`);
  }
  throw new UserError(`${key}: found no usable sample in ${spec}, expected at least one.`);
}

/** The template that a configuration names, or its own text. */
export function templateNamed(text: string): PromptTemplate {
  if (Object.hasOwn(promptTemplates, text)) return promptTemplates[text as keyof typeof promptTemplates];
  if (text.includes('{question}')) return { name: 'own', text };
  throw new UserError(
    `data.template: found ${JSON.stringify(text)}, expected one of ${Object.keys(promptTemplates).join(', ')} or a text with {question}.`,
  );
}
