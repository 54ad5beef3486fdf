import { formatSpeedTable, type SpeedReport } from '@cppo/bench';
import { UserError } from '@cppo/run';
import type { NumberType } from '../config/arithmetic.js';

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
const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  engine: async () => (await import('../speed/engine-suite.js')).engineSuite,
  size: async () => {
    const { sizeSuite } = await import('../speed/size-suite.js');
    return ({ weights = [], measure = [], ...rest }, progress) =>
      sizeSuite(
        {
          ...rest,
          ...(weights.length === 0 ? {} : { weights }),
          ...(measure.length === 0 ? {} : { measure }),
        },
        progress,
      );
  },
  perturb: async () => (await import('../speed/perturb-suite.js')).perturbSuite,
  step: async () => {
    const { stepSuite } = await import('../speed/step-suite.js');
    return ({ peer, python = peer ? 'python3' : undefined, configuration = [], ...rest }, progress) =>
      stepSuite(
        {
          ...rest,
          ...(python === undefined ? {} : { python }),
          ...(configuration.length === 0 ? {} : { configuration }),
        },
        progress,
      );
  },
};

export const suiteNames = Object.keys(suites);

/** `cppo bench speed`: figures of one suite as tables, or as JSON. */
export async function benchSpeed(options: SpeedOptions): Promise<void> {
  const load = suites[options.suite];
  if (!load)
    throw new UserError(`--suite: found ${options.suite}, expected one of ${suiteNames.join(', ')}.`);
  const suite = await load();
  const { json, tables } = await suite(options, (line) => console.error(line));
  console.log(options.json ? JSON.stringify(json, null, 2) : tables.map(formatSpeedTable).join('\n\n'));
}
