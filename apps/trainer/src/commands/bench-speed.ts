import { formatSpeedTable, type SpeedReport } from '@cppo/bench';
import type { NumberType } from '@cppo/policy-qwen/formats';
import { UserError } from '@cppo/run';
import { modelSource } from '../model-source.js';

export interface SpeedOptions {
  readonly suite: string;
  readonly json?: boolean;
  /** Take this engine and no other. */
  readonly engine?: string;
  /** Accept a WebGPU adapter that is emulated on the processor. */
  readonly softwareAdapter?: boolean;
  readonly threads?: number;
  /** engine: TensorFlow multiplies in bfloat16. */
  readonly bfloat16?: boolean;
  /** Python in which the peers are installed. */
  readonly python?: string;
  /** step: measure TRL beside ours, with the Python on the path when none is named. */
  readonly peer?: boolean;
  /** step: names of configurations. */
  readonly configuration?: readonly string[];
  /** step: how time grows with work. */
  readonly scaling?: boolean;
  /** step: what every kernel takes. */
  readonly profile?: boolean;
  /** size: a model directory. */
  readonly model?: string;
  /** size: formats of the weights. */
  readonly weights?: readonly string[];
  /** size: of the products, and of keys and values. */
  readonly activations?: NumberType;
  readonly cache?: NumberType;
  /** size: names of measurements. */
  readonly measure?: readonly string[];
}

/** Measures something and says on the error stream how far it is. */
type Suite = (options: SpeedOptions, progress: (line: string) => void) => Promise<SpeedReport>;

/** Suites by name; each is loaded when it is asked for. */
const suites: Readonly<Record<string, Suite>> = {
  async engine({ engine, threads, bfloat16, softwareAdapter }, progress) {
    const { engineSuite } = await import('@cppo/bench/experiments');
    return engineSuite(given({ engine, threads, bfloat16, softwareAdapter }), progress);
  },
  async size(options, progress) {
    const { sizeSuite } = await import('@cppo/bench/experiments');
    const { model = 'tiny', weights, measure, activations, cache, engine, threads, python } = options;
    return sizeSuite(
      {
        model: modelSource(model),
        ...given({ weights: named(weights), measure: named(measure) }),
        ...given({ activations, cache, engine, threads, python }),
      },
      progress,
    );
  },
  async perturb({ python }, progress) {
    const { perturbSuite } = await import('@cppo/bench/experiments');
    return perturbSuite(given({ python }), progress);
  },
  async step(options, progress) {
    const { stepSuite } = await import('@cppo/bench/experiments');
    const { engine, softwareAdapter, threads, configuration, scaling, profile, peer } = options;
    const { python = peer ? 'python3' : undefined } = options;
    return stepSuite(
      {
        tinyModel: modelSource('tiny'),
        ...given({ engine, softwareAdapter, threads, python }),
        ...given({ configuration: named(configuration), scaling, profile }),
      },
      progress,
    );
  },
};

export const suiteNames = Object.keys(suites);

/** `cppo bench speed`: figures of one suite as tables, or as JSON. */
export async function benchSpeed(options: SpeedOptions): Promise<void> {
  const suite = suites[options.suite];
  if (!suite)
    throw new UserError(`--suite: found ${options.suite}, expected one of ${suiteNames.join(', ')}.`);
  const { json, tables } = await suite(options, (line) => console.error(line));
  console.log(options.json ? JSON.stringify(json, null, 2) : tables.map(formatSpeedTable).join('\n\n'));
}

/** A repeatable option that was not given is an empty list. */
function named(names: readonly string[] = []): readonly string[] | undefined {
  return names.length === 0 ? undefined : names;
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The options that have a value. */
function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
