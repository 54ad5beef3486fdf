import { UserError } from '@cppo/run';
import { engineSuite } from './engine-suite.js';
import { perturbSuite } from './perturb-suite.js';
import { type SizeSuiteOptions, sizeSuite } from './size-suite.js';
import { stepSuite } from './step-suite.js';
import type { SpeedReport } from './table.js';

/** What a command line says of a measurement; each suite takes what concerns it. */
export interface SpeedChoice {
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
  /** size: directory of a model. */
  readonly model: string;
  /** step: directory of the model that it trains. */
  readonly tinyModel: string;
  /** size: formats of the weights. */
  readonly weights?: readonly string[];
  /** size: of the products, and of keys and values. */
  readonly activations?: SizeSuiteOptions['activations'];
  readonly cache?: SizeSuiteOptions['cache'];
  /** size: names of measurements. */
  readonly measure?: readonly string[];
}

/** Measures something and says how far it is. */
type Suite = (choice: SpeedChoice, progress: (line: string) => void) => Promise<SpeedReport>;

const suites: Readonly<Record<string, Suite>> = {
  engine: ({ engine, threads, bfloat16, softwareAdapter }, progress) =>
    engineSuite(given({ engine, threads, bfloat16, softwareAdapter }), progress),
  size: ({ model, weights, measure, activations, cache, engine, threads, python }, progress) =>
    sizeSuite(
      {
        model,
        ...given({ weights: named(weights), measure: named(measure) }),
        ...given({ activations, cache, engine, threads, python }),
      },
      progress,
    ),
  perturb: ({ python }, progress) => perturbSuite(given({ python }), progress),
  step: ({ tinyModel, peer, python = peer ? 'python3' : undefined, ...choice }, progress) => {
    const { engine, softwareAdapter, threads, configuration, scaling, profile } = choice;
    return stepSuite(
      {
        tinyModel,
        ...given({ engine, softwareAdapter, threads, python }),
        ...given({ configuration: named(configuration), scaling, profile }),
      },
      progress,
    );
  },
};

/**
 * Measures the speed of the engines, of the perturbations, of a training step, or of a model of full size.
 *
 * @param name of the suite.
 * @param choice what of it is measured.
 * @param progress called with a line for each part.
 * @returns the figures, and their tables.
 * @throws UserError when there is no such suite, or no such part of it.
 */
export async function speedSuite(
  name: string,
  choice: SpeedChoice,
  progress: (line: string) => void,
): Promise<SpeedReport> {
  const suite = suites[name];
  if (!suite)
    throw new UserError(`--suite: found ${name}, expected one of ${Object.keys(suites).join(', ')}.`);
  return suite(choice, progress);
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
