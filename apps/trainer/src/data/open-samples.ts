import {
  type ComponentKind,
  checkedSet,
  component,
  type Encoded,
  hasMethods,
  openHeldOutSource as openHeldOut,
  openTrainingSource as openTraining,
  type PromptEncoder,
  type ReadingOptions,
  readSpec,
  type SampleSet,
  type SampleSource,
  type SampleSpec,
  type Showing,
} from '@cppo/training';
import type { Config } from '../config/schema.js';
import { hubAccess } from '../hub-access.js';

/** What a configuration names samples by. */
export type ConfiguredSamples = Config['data']['train'];

const kind: ComponentKind<SampleSet> = {
  expected: 'a data set: an object with a length above 0 and read(index)',
  accepts: (value) =>
    hasMethods(value, 'read') &&
    Number.isSafeInteger((value as SampleSet).length) &&
    (value as SampleSet).length > 0,
  watch: checkedSet,
  builtIn: {},
};

/** Opens training samples in an order drawn from the seed. */
export async function openTrainingSource(
  spec: ConfiguredSamples,
  seed: number,
  reading?: ReadingOptions,
): Promise<SampleSource> {
  return openTraining(await loaded('data.train', spec), seed, withHub(reading));
}

/** Opens held-out samples in the order of their files: the same questions in every run. */
export async function openHeldOutSource(
  spec: ConfiguredSamples,
  reading?: ReadingOptions,
  key = 'data.eval',
): Promise<SampleSource> {
  return openHeldOut(await loaded(key, spec), withHub(reading), key);
}

function withHub(reading: ReadingOptions | undefined): ReadingOptions | undefined {
  return reading && { hub: hubAccess(), ...reading };
}

/** How a run reads its data. */
export function readingOf(config: Config, policy: PromptEncoder<Encoded>, showing: Showing): ReadingOptions {
  const { maxPromptTokens, check, broken } = config.data;
  return {
    policy,
    showing,
    maxPromptTokens,
    maxTokens: config.rollout.maxTokens,
    check,
    broken,
  };
}

/** The samples with the data set of a module loaded. */
async function loaded(key: string, spec: ConfiguredSamples): Promise<SampleSpec> {
  if (Array.isArray(spec)) return spec;
  const { name, module, options } = readSpec(spec);
  if (module === undefined) return typeof spec === 'string' ? spec : { ...options, name };
  const set = await component(key, spec, kind);
  return { ...set, name: set.name ?? module };
}
