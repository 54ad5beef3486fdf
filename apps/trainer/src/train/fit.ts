import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { type Engine, largestModel } from '@cppo/engine';
import { parseQwenConfig, type QwenConfig } from '@cppo/policy-qwen';
import type { Config } from '../config/schema.js';
import { modelSource } from '../model-source.js';
import { UserError } from '../user-error.js';
import { type Footprint, footprint, type PromptSize } from './footprint.js';
import { publishedConfig } from './published-config.js';

/** Most steps take this much less than the most that a step may (see `footprint`): what fits by then is not refused. */
const DOUBT = 2;

/** The dimensions of a model before it is loaded; nothing where they are not known here. */
export function modelDimensions(model: string): QwenConfig | undefined {
  const path = join(modelSource(model), 'config.json');
  try {
    return existsSync(path)
      ? parseQwenConfig(JSON.parse(readFileSync(path, 'utf8')))
      : publishedConfig(model);
  } catch {
    return undefined; // loading says it better
  }
}

/** Bytes that tensors can take; infinite on graphics cards, whose memory the engines do not tell. */
export function memoryOf({ name, memoryLimit }: Engine): number {
  if (name === 'webgpu' || name === 'tensorflow-gpu') return Number.POSITIVE_INFINITY;
  return Math.min(memoryLimit, machineMemory());
}

/** The machine's memory, or what a container may have of it. */
function machineMemory(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}

/**
 * Refuses a run whose model, or whose step, cannot fit into the memory, and says what would.
 *
 * @param prompt before the model is loaded unknown: then only what the model takes is looked at.
 * @throws UserError with what is needed, what there is, and what would fit.
 */
export function refuseWhatCannotFit(
  config: Config,
  engine: Engine,
  model: QwenConfig,
  prompt?: PromptSize,
): Footprint {
  const size = prompt ?? { tokens: 0, patches: 0 };
  const memory = memoryOf(engine);
  const tooMuch = (needed: Footprint) => needed.model > memory || needed.total > DOUBT * memory;
  const needed = footprint(model, config, size);
  if (!(prompt === undefined ? needed.model > memory : tooMuch(needed))) return needed;
  const what =
    needed.model > memory
      ? `model: ${config.model} has ${inUnits(needed.parameters)} parameters, and with ${inUnits(needed.trained)} of them trained they take ${gibibytes(needed.model)}`
      : `microBatch: a step of ${config.rollout.prompts} prompts × ${config.rollout.completions} completions of up to ${config.rollout.maxTokens} tokens takes about ${gibibytes(needed.total)}`;
  const would = alternatives(config).filter(([, other]) => !tooMuch(footprint(model, other, size)));
  const elsewhere = [['', config] as const, ...alternatives(config)].find(
    ([, other]) => memory < machineMemory() && footprint(model, other, size).total < machineMemory(),
  );
  const largest = largestModel(memory);
  const remedy = would.map(([name]) => name);
  if (elsewhere !== undefined) {
    const [setting] = elsewhere;
    remedy.push(`engine.prefer=tensorflow${setting === '' ? '' : ` with ${setting}`} (cppo doctor says how)`);
  }
  throw new UserError(
    `${what}, but the engine ${engine.name} has ${gibibytes(memory)} here; ${
      remedy.length > 0
        ? `what would fit: ${remedy.join(', or ')}`
        : `at most ${inUnits(largest.trainFull)} parameters can be trained in full and ${inUnits(largest.trainLora)} with LoRA`
    }.`,
  );
}

/** Settings that take less, the mildest first. */
function alternatives(config: Config): [name: string, config: Config][] {
  const { prompts, completions, maxTokens } = config.rollout;
  const lora = { rank: 16, alpha: 32 };
  const smaller = { ...config, microBatch: 1 };
  const result: [string, Config][] = [];
  if (config.microBatch > 1) result.push(['microBatch=1', smaller]);
  if (config.lora === null) {
    result.push(['lora={rank: 16}', { ...config, lora }]);
    if (config.microBatch > 1) result.push(['lora={rank: 16} with microBatch=1', { ...smaller, lora }]);
  }
  const half = Math.max(1, Math.floor(maxTokens / 2));
  result.push([
    `microBatch=1 with rollout.prompts=${Math.max(1, Math.floor(prompts / 2))} and rollout.maxTokens=${half}`,
    {
      ...smaller,
      rollout: {
        ...config.rollout,
        prompts: Math.max(1, Math.floor(prompts / 2)),
        completions,
        maxTokens: half,
      },
    },
  ]);
  return result;
}

export function gibibytes(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** 1.57 M, 3.75 G. */
export function inUnits(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e9).toFixed(2)} G`;
}
