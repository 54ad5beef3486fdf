import { execFile } from 'node:child_process';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requireNames } from '@cppo/checked-options';
import { type EngineName, type EngineOptions, engineNames } from './engine.js';
import { type LargestModel, largestModel } from './model-memory.js';
import { processorFeatures } from './processor-features.js';

const run = promisify(execFile);

export interface EngineDiagnosis {
  readonly name: EngineName;
  readonly state: 'ready' | 'unavailable';
  /** What it is when it is ready. */
  readonly description?: string;
  readonly devices: readonly string[];
  readonly threads?: number;
  /** Bytes. */
  readonly memoryLimit?: number;
  /** Whether it multiplies weights in bfloat16, int8 and nf4. */
  readonly packed?: boolean;
  readonly reason?: string;
  readonly remedy?: string;
  readonly largestModel: LargestModel;
}

export interface Diagnosis {
  readonly node: string;
  readonly platform: string;
  readonly processor: {
    readonly model: string;
    readonly cores: number;
    /** Of those that matter to products of matrices; empty where the system does not tell. */
    readonly features: readonly string[];
  };
  /** Bytes. */
  readonly memory: { readonly total: number; readonly free: number };
  /** What is computed with when none is preferred. */
  readonly chosen: EngineName | undefined;
  readonly engines: readonly EngineDiagnosis[];
}

/** Milliseconds after which an engine that does not answer is called unavailable. */
const PATIENCE = 60_000;

/**
 * Tries every engine, each in a process of its own (two TensorFlow libraries cannot share one, and a broken
 * driver may crash), and says what this machine has.
 */
export async function diagnoseEngines(
  options: Pick<EngineOptions, 'softwareAdapter'> = {},
): Promise<Diagnosis> {
  requireNames('diagnoseEngines', options, { softwareAdapter: true });
  const engines: EngineDiagnosis[] = [];
  for (const name of engineNames) engines.push(await diagnose({ ...options, prefer: name }));
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: {
      model: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      features: await processorFeatures(),
    },
    memory: { total: totalmem(), free: freemem() },
    chosen: engines.find(({ name, state }) => state === 'ready' && name !== 'cpu')?.name,
    engines,
  };
}

interface Report {
  readonly description?: string;
  readonly devices?: readonly string[];
  readonly threads?: number;
  readonly memoryLimit?: number;
  readonly packed?: boolean;
  readonly reason?: string;
  readonly remedy?: string;
}

/** Starts one engine and prints the outcome; a file beside the bundle. */
const probeFile = new URL('./probe.js', import.meta.url);
const MARK = 'engine-probe:';

type Probed = EngineOptions & { readonly prefer: EngineName };

async function diagnose(options: Probed): Promise<EngineDiagnosis> {
  const name = options.prefer;
  const report = await probe(options);
  const { reason, remedy, description, devices = [], threads, memoryLimit, packed } = report;
  if (reason !== undefined || memoryLimit === undefined) {
    const none = { run: 0, trainFull: 0, trainLora: 0 };
    return {
      ...{
        name,
        state: 'unavailable',
        devices: [],
        reason: reason ?? 'it does not answer',
        largestModel: none,
      },
      ...(remedy !== undefined && { remedy }),
    };
  }
  return {
    ...{ name, state: 'ready', devices, memoryLimit, largestModel: largestModel(memoryLimit) },
    ...(description !== undefined && { description }),
    ...(threads !== undefined && { threads }),
    ...(packed !== undefined && { packed }),
    ...(remedy !== undefined && { remedy }),
  };
}

async function probe(options: Probed): Promise<Report> {
  try {
    const { stdout } = await run(process.execPath, [fileURLToPath(probeFile), JSON.stringify(options)], {
      timeout: PATIENCE,
    });
    const line = stdout.split('\n').find((text) => text.startsWith(MARK));
    return line ? (JSON.parse(line.slice(MARK.length)) as Report) : { reason: 'it ended without an answer' };
  } catch (problem) {
    const { killed, signal, message } = problem as Error & { killed?: boolean; signal?: string };
    if (killed) return { reason: `it did not answer within ${PATIENCE / 1000} seconds` };
    return { reason: signal ? `its process ended by ${signal}` : message.split('\n')[0]! };
  }
}
