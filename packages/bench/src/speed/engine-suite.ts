import { requireNames } from '@cppo/checked-options';
import {
  benchmarkEngine,
  type Engine,
  type EngineBenchmark,
  type EngineName,
  EngineUnavailableError,
  engineNames,
  startEngine,
} from '@cppo/engine';
import { UserError } from '@cppo/run';
import { type EngineMeasurements, engineReport } from './engine.js';
import type { SpeedReport } from './table.js';

export interface EngineSuiteOptions {
  /** Measure this engine and no other. Default: each one that starts, but plain JavaScript. */
  readonly engine?: string;
  /** Threads of the engine. Default: the engine's own choice. */
  readonly threads?: number;
  /** TensorFlow multiplies in bfloat16 where the processor can. Default false. */
  readonly bfloat16?: boolean;
  /** Accept a WebGPU adapter that is emulated on the processor. Default false. */
  readonly softwareAdapter?: boolean;
}

/** Every engine that starts here, one after the other, or the requested one. Plain JavaScript only on request. */
export async function engineSuite(
  options: EngineSuiteOptions,
  progress: (line: string) => void,
): Promise<SpeedReport> {
  requireNames('engineSuite', options, {
    engine: true,
    threads: true,
    bfloat16: true,
    softwareAdapter: true,
  });
  const { engine: wanted, threads } = options;
  if (wanted !== undefined && !engineNames.includes(wanted as EngineName)) {
    throw new UserError(`--engine: found ${wanted}, expected one of ${engineNames.join(', ')}.`);
  }
  const names = wanted ? [wanted as EngineName] : engineNames.filter((name) => name !== 'cpu');
  const engines: EngineBenchmark[] = [];
  const missing: { name: string; reason: string }[] = [];
  for (const name of names) {
    let engine: Engine;
    try {
      engine = await startEngine({
        prefer: name,
        ...(threads === undefined ? {} : { threads }),
        ...(options.bfloat16 ? { bfloat16: true } : {}),
        softwareAdapter: options.softwareAdapter ?? false,
      });
    } catch (error) {
      if (!(error instanceof EngineUnavailableError)) throw error;
      if (wanted) throw new UserError(`--engine: ${error.message}`);
      missing.push({ name, reason: error.reason });
      continue;
    }
    progress(engine.description);
    engines.push(await benchmarkEngine(engine, { report: (line) => progress(`  ${line}`) }));
  }
  return engineReport({ engines, missing } satisfies EngineMeasurements);
}
