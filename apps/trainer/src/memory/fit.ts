import { type Engine, largestModel } from '@cppo/engine';
import { type Capacity, hasPackedKernels, type PromptSize, type WeightFormat } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import { parseMemorySize } from '../config/memory-size.js';
import type { Config } from '../config/schema.js';
import { type EngineKind, type Footprint, footprint, type ModelTask, trainingTask } from './footprint.js';
import { mostAtOnce } from './in-parts.js';
import { availableMemory, type MemoryLimit, memoryLimit } from './limit.js';
import { gigabytes, inUnits } from './units.js';

/** The engine that was started, with the memory that there is for it. */
export interface Room {
  readonly engine: Engine;
  /** Whether it multiplies weights other than float32. */
  readonly packed: boolean;
  /** Bytes for the whole process, and what says so. */
  readonly limit: MemoryLimit;
  /** Bytes that tensors may take; infinite where the process's limit is the only one. */
  readonly tensors: number;
}

/**
 * What there is room for.
 *
 * @param asked a size such as 12GB that replaces the machine's memory.
 */
export function roomOf(engine: Engine, asked?: string): Room {
  const limit = memoryLimit(asked === undefined ? undefined : parseMemorySize(asked));
  // Graphics cards have memory of their own, which the engines do not tell.
  const card = engine.name === 'webgpu' || engine.name === 'tensorflow-gpu';
  return {
    engine,
    packed: hasPackedKernels(),
    limit: card ? { ...limit, bytes: Number.POSITIVE_INFINITY } : limit,
    tensors: engine.name === 'wasm' ? engine.memoryLimit : Number.POSITIVE_INFINITY,
  };
}

/**
 * @param key that asked for it, for the message.
 * @throws UserError when the engine multiplies float32 weights only and others are asked for.
 */
export function refuseFormat(weights: WeightFormat | undefined, key: string, { engine, packed }: Room): void {
  if (weights === undefined || weights === 'float32' || packed) return;
  throw new UserError(
    `${key}: found ${weights}, but the engine ${engine.name} multiplies float32 weights only; expected float32, or an engine with kernels of our own (wasm, or npm run engine:native).`,
  );
}

/** Whether a footprint stays within the room. */
export function fits({ process, total }: Footprint, { limit, tensors }: Room): boolean {
  return total <= limit.bytes && total - process <= tensors;
}

/** What a run will take, with what its configuration leaves to the engine. */
export interface FittingRun {
  readonly needed: Footprint;
  /** Prompts sampled at once. */
  readonly batch: number;
}

/**
 * Refuses a run that cannot fit into the memory, and says what would.
 *
 * @param prompt before it is known only what the model itself takes is looked at.
 * @throws UserError with what is needed, what there is, and what would fit.
 */
export function refuseWhatCannotFit(
  config: Config,
  room: Room,
  model: Capacity,
  prompt?: PromptSize,
): FittingRun {
  const fitting = (other: Config) => fittingRun(other, room, model, prompt);
  const { needed, batch } = fitting(config);
  if (fits(needed, room)) return { needed, batch };
  const { completions, maxTokens } = config.rollout;
  const microBatch = Math.min(config.microBatch, config.rollout.prompts);
  const sampling = needed.sampling > needed.scoring;
  const what = modelIsTooLarge(needed, room)
    ? `model: ${config.model} has ${inUnits(needed.parameters)} parameters, and with ${inUnits(needed.trained)} of them trained and ${needed.weights} weights they take ${gigabytes(needed.model)}`
    : sampling
      ? `rollout: ${completions} completions of up to ${maxTokens} tokens of ${batch} prompts at a time take about ${gigabytes(needed.total)} (${parts(needed)})`
      : `microBatch: groups of ${microBatch === 1 ? 'one prompt' : `${microBatch} prompts`} at a time with ${completions} completions of up to ${maxTokens} tokens take about ${gigabytes(needed.total)} (${parts(needed)})`;
  const remedies = trainingAlternatives(config, room).filter(([, other]) =>
    fits(fitting(other).needed, room),
  );
  const largest = largestModel(Math.min(room.limit.bytes, room.tensors));
  throw new UserError(
    `${what}, but ${there(room)}; ${
      remedies.length > 0
        ? `what would fit: ${remedies
            .slice(0, REMEDIES)
            .map(([name]) => name)
            .join(', or ')}`
        : `at most ${inUnits(largest.trainFull)} float32 parameters can be trained in full and ${inUnits(largest.trainLora)} with LoRA${elsewhere(room)}`
    }.`,
  );
}

/** Remedies that a message names at most. */
const REMEDIES = 3;

/** What a run takes when as many prompts are sampled at once as fit. */
function fittingRun(config: Config, room: Room, model: Capacity, prompt: PromptSize | undefined): FittingRun {
  const of = (batch: number): Footprint => {
    const sampled = { ...config, rollout: { ...config.rollout, batch } };
    const task = trainingTask(sampled, prompt ?? NO_PROMPT);
    return footprint(model, engineOf(room), prompt === undefined ? withoutPasses(task) : task);
  };
  const batch =
    config.rollout.batch ?? mostAtOnce(config.rollout.prompts, (atOnce) => fits(of(atOnce), room));
  return { needed: of(batch), batch };
}

/** What is asked of a model that is not trained. */
export type ModelUse = Omit<ModelTask, 'trained' | 'reference'>;

/** What a use of a model takes on the engine that runs. */
export function useFootprint(room: Room, model: Capacity, use: ModelUse): Footprint {
  return footprint(model, engineOf(room), { ...use, trained: 'nothing', reference: false });
}

const engineOf = ({ engine: { name }, packed }: Room): EngineKind => ({ name, packed });

/**
 * Refuses a use of a model for which there is no memory, before a weight is read; warns where other programs hold too much of it.
 *
 * @param name of the model, for messages.
 * @param key  that named it.
 * @throws UserError with what is needed, what there is, and what would fit.
 */
export function refuseUse(
  name: string,
  room: Room,
  model: Capacity,
  use: ModelUse,
  key = '--model',
): Footprint {
  const of = (weights: WeightFormat): Footprint =>
    useFootprint(room, model, { ...use, arithmetic: { ...use.arithmetic, weights } });
  const needed = useFootprint(room, model, use);
  if (fits(needed, room)) {
    warnOfOthers(needed, room);
    return needed;
  }
  const formats = narrower(needed.weights, room).filter((format) => fits(of(format), room));
  throw new UserError(
    `${key}: ${name} takes about ${gigabytes(needed.total)} with ${needed.weights} weights (${parts(needed)}), but ${there(room)}${
      formats.length > 0
        ? `; what would fit: ${formats.map((format) => `--weights ${format}`).join(', or ')}`
        : elsewhere(room)
    }.`,
  );
}

/** One sentence on the error stream when the memory is there, but held by other programs at the moment. */
export function warnOfOthers({ total }: Footprint, { limit, engine }: Room): void {
  const available = availableMemory();
  if (!Number.isFinite(limit.bytes) || engine.name === 'cpu' || total <= available) return;
  console.error(
    `cppo: this takes about ${gigabytes(total)}, and of the machine's memory ${gigabytes(available)} are free at the moment; the system may end this or another program.`,
  );
}

/** What takes the memory, in words. */
export function parts({ process, held, training, sampling, scoring }: Footprint): string {
  const named: [number, string][] = [
    [held, 'weights'],
    [training, 'gradients and moments'],
    [Math.max(sampling, scoring), sampling > scoring ? 'sampling' : 'activations and logits'],
    [process, 'the program'],
  ];
  return named
    .filter(([bytes]) => bytes > 0)
    .map(([bytes, name]) => `${gigabytes(bytes)} ${name}`)
    .join(', ');
}

const NO_PROMPT: PromptSize = { tokens: 0, patches: 0 };

function withoutPasses({ sampling: _, scoring: __, ...rest }: ModelTask): ModelTask {
  return rest;
}

/** Whether already the model by itself is too much. */
function modelIsTooLarge({ process, model }: Footprint, { limit, tensors }: Room): boolean {
  return process + model > limit.bytes || model > tensors;
}

function there({ engine, limit, tensors }: Room): string {
  return tensors < limit.bytes
    ? `the engine ${engine.name} has ${gigabytes(tensors)} at most`
    : `${limit.source} ${gigabytes(limit.bytes)}`;
}

/** Native TensorFlow has the whole machine. */
function elsewhere({ tensors, limit }: Room): string {
  return tensors < limit.bytes ? '; native TensorFlow has more room (npm run engine:native)' : '';
}

function narrower(from: WeightFormat, { packed }: Room): WeightFormat[] {
  const order: WeightFormat[] = ['float32', 'bfloat16', 'int8', 'nf4'];
  return packed ? order.slice(order.indexOf(from) + 1) : [];
}

/** Settings that take less, the mildest first. */
function trainingAlternatives(config: Config, room: Room): [name: string, config: Config][] {
  const { prompts, maxTokens } = config.rollout;
  const lora = config.lora ?? { rank: 16, alpha: 32 };
  const adapted: Config = { ...config, lora };
  const ofLora = config.lora === null ? ['lora={rank: 16}'] : [];
  const formats = narrower(config.weights ?? 'bfloat16', room);
  const half = Math.max(1, Math.floor(maxTokens / 2));
  const fewer = Math.max(1, Math.floor(prompts / 2));
  const smaller = { microBatch: 1 };
  const shorter = { ...smaller, rollout: { ...config.rollout, prompts: fewer, maxTokens: half } };
  const ofSmaller = config.microBatch > 1 ? ['microBatch=1'] : [];
  const ofShorter = [...ofSmaller, `rollout.prompts=${fewer}`, `rollout.maxTokens=${half}`];
  const tried: [string[], Config][] = [
    [ofSmaller, { ...config, ...smaller }],
    [ofLora, adapted],
    [[...ofLora, ...ofSmaller], { ...adapted, ...smaller }],
    [ofShorter, { ...config, ...shorter }],
    ...formats.map((weights): [string[], Config] => [
      [...ofLora, `weights=${weights}`],
      { ...adapted, weights },
    ]),
    ...formats.map((weights): [string[], Config] => [
      [...ofLora, `weights=${weights}`, ...ofSmaller],
      { ...adapted, ...smaller, weights },
    ]),
    ...formats.map((weights): [string[], Config] => [
      [...ofLora, `weights=${weights}`, ...ofShorter],
      { ...adapted, ...shorter, weights },
    ]),
  ];
  const seen = new Set<string>();
  return tried.flatMap(([settings, other]): [string, Config][] => {
    const [first = '', ...rest] = settings;
    const name = rest.length > 0 ? `${first} with ${rest.join(' and ')}` : first;
    if (name === '' || seen.has(name)) return [];
    seen.add(name);
    return [[name, other]];
  });
}
