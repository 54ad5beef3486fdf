import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireNames } from '@cppo/checked-options';
import { encodePng } from '@cppo/perturb';
import type { WeightFormat } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import { sizePeerFile, sizeWorkerFile, stepWorkerFile } from '../built-files.js';
import {
  type Arithmetic,
  type SizeJob,
  type SizeMeasurement,
  type StepFigures,
  sizeMeasurements,
} from './size-job.js';
import type { OwnStepFigures, SizeResult } from './size-result.js';
import { sizeTables } from './size-tables.js';
import type { StepJob, StepRequest } from './step-job.js';
import type { SpeedReport } from './table.js';
import { TurnTaker } from './turn-taker.js';

export interface SizeSuiteOptions {
  /** Directory of a Qwen2.5-VL. */
  readonly model: string;
  /** Formats, each measured for itself; bfloat16, int8 and nf4 when left out. */
  readonly weights?: readonly string[];
  readonly activations?: Arithmetic['activations'];
  readonly cache?: Arithmetic['cache'];
  /** Names of measurements; all when left out. */
  readonly measure?: readonly string[];
  readonly engine?: string;
  readonly threads?: number;
  /** Python with the peers; without it ours is measured alone. */
  readonly python?: string;
}

const weightFormats: readonly WeightFormat[] = ['float32', 'bfloat16', 'int8', 'nf4'];

const SIDE = 448;
const QUESTION = 'What is in the picture?';
const COMPLETIONS = 8;
const TOKENS = 64;
const RANK = 16;
const ROUNDS = 3;

/**
 * `cppo bench speed --suite size`: what one model takes in every format, beside torch + transformers + PEFT in bfloat16.
 * Every measurement runs in a process of its own, so that its peak memory is its own; ours and the peer's take turns.
 */
export async function sizeSuite(
  options: SizeSuiteOptions,
  progress: (line: string) => void,
): Promise<SpeedReport> {
  requireNames('sizeSuite', options, {
    ...{ model: true, weights: true, activations: true, cache: true, measure: true },
    ...{ engine: true, threads: true, python: true },
  });
  const formats = chosen('--weights', options.weights ?? ['bfloat16', 'int8', 'nf4'], weightFormats);
  const measurements = chosen('--measure', options.measure ?? sizeMeasurements, sizeMeasurements);
  const { model } = options;
  if (!existsSync(join(model, 'config.json')))
    throw new UserError(`--model: there is no config.json in ${model}, expected a Hugging Face directory.`);
  const { activations = 'float32', cache = 'float32' } = options;
  const threads = options.threads ?? availableParallelism();
  const directory = mkdtempSync(join(tmpdir(), 'cppo-size-'));
  try {
    progress('reading the files once, so that all sides find them in memory');
    await readThrough(model);
    const picture = join(directory, 'picture.png');
    writeFileSync(picture, await drawn());
    const ours: Partial<Record<WeightFormat, Record<string, unknown>>> = {};
    const peer: Record<string, unknown> = {};
    const take = async (side: string, measure: string, run: () => Promise<unknown>) => {
      progress(`${measure}: ${side}`);
      const found = await run().catch((error: Error) => ({ error: error.message }));
      progress(`  ${JSON.stringify(found)}`);
      return found;
    };
    for (const measure of measurements) {
      if (options.python !== undefined) {
        const args = peerArguments({ model, picture, threads, measure });
        peer[measure] = await take('torch', measure, () => oneAnswer(options.python!, args));
      }
      for (const weights of formats) {
        const common = {
          ...{ model, threads, completions: COMPLETIONS, tokens: TOKENS },
          arithmetic: { weights, activations, cache },
          ...(options.engine === undefined ? {} : { engine: options.engine }),
        };
        const run = () =>
          measure === 'step'
            ? steps(directory, { ...common, pictures: [picture], questions: [QUESTION] })
            : one(directory, { ...common, measure, picture, question: QUESTION, rounds: ROUNDS });
        ours[weights] = { ...ours[weights], [measure]: await take(weights, measure, run) };
      }
    }
    const result = {
      ...{ model, threads, ours },
      arithmetic: { activations, cache },
      ...(options.python === undefined ? {} : { peer: { ...peer, versions: versionsOf(peer) } }),
    } as SizeResult;
    return { json: result, tables: sizeTables(result) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function chosen<T extends string>(option: string, names: readonly string[], known: readonly T[]): T[] {
  return names.map((name) => {
    const found = known.find((each) => each === name);
    if (found === undefined)
      throw new UserError(`${option}: found ${name}, expected one of ${known.join(', ')}.`);
    return found;
  });
}

function one(directory: string, job: SizeJob): Promise<object> {
  return oneAnswer(process.execPath, [sizeWorkerFile, written(directory, job)]);
}

/** A GRPO step and, on the same completions, a CPPO step. */
async function steps(directory: string, job: StepJob): Promise<OwnStepFigures> {
  const adapted: StepJob = { ...job, lora: { rank: RANK, alpha: 2 * RANK } };
  const worker = new TurnTaker(process.execPath, [stepWorkerFile, written(directory, adapted)]);
  try {
    await worker.next();
    const turn = (request: StepRequest) => worker.ask<StepFigures & { products: number }>(request);
    const { products, ...grpo } = await turn({ objective: 'grpo' });
    const cppo = await turn({ objective: 'cppo', again: true });
    const measuredRatio = (cppo.scoring + cppo.update) / (grpo.scoring + grpo.update);
    const countedRatio = cppo.products / products;
    return {
      ...grpo,
      cppo: {
        ...{ step: cppo.step, update: cppo.scoring + cppo.update, memory: cppo.memory },
        ...{ measuredRatio, countedRatio, quotient: measuredRatio / countedRatio },
      },
    };
  } finally {
    worker.close();
  }
}

function written(directory: string, job: object): string {
  const file = join(directory, 'job.json');
  writeFileSync(file, JSON.stringify(job));
  return file;
}

/** What a process says on its one line, and when after its start. */
async function oneAnswer(command: string, args: readonly string[]): Promise<object> {
  const start = performance.now();
  const worker = new TurnTaker(command, args);
  try {
    const answer = await worker.next<object>();
    return { ...answer, sinceStart: (performance.now() - start) / 1000 };
  } finally {
    worker.close();
  }
}

function peerArguments(job: { model: string; picture: string; threads: number; measure: SizeMeasurement }) {
  const named = {
    ...job,
    question: QUESTION,
    completions: COMPLETIONS,
    tokens: TOKENS,
    rank: RANK,
    rounds: ROUNDS,
  };
  return [sizePeerFile, ...Object.entries(named).flatMap(([name, value]) => [`--${name}`, `${value}`])];
}

function versionsOf(peer: Record<string, unknown>): unknown {
  for (const figures of Object.values(peer)) {
    if (typeof figures === 'object' && figures !== null && 'versions' in figures) return figures.versions;
  }
  return undefined;
}

/** Brings the weights into the page cache. */
async function readThrough(model: string): Promise<void> {
  for (const file of readdirSync(model).filter((name) => name.endsWith('.safetensors'))) {
    for await (const _ of createReadStream(join(model, file), { highWaterMark: 2 ** 22 })) {
      // Reading is all.
    }
  }
}

/** A picture without two equal patches. */
function drawn(): Promise<Uint8Array> {
  const data = new Uint8Array(3 * SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) data.set([7 * x, 5 * y, 3 * (x + y)], 3 * (y * SIDE + x));
  }
  return encodePng({ width: SIDE, height: SIDE, data });
}
