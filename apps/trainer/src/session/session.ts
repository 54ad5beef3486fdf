import type { Engine } from '@cppo/engine';
import { startEngine } from '@cppo/engine';
import { AdamW } from '@cppo/grpo';
import { type Capacity, type EncodedPrompt, narrowestFormat, type WeightFormat } from '@cppo/policy-qwen';
import { isUserError, UserError } from '@cppo/run';
import {
  bareLength,
  blank,
  isAdapted,
  isBuiltIn,
  loadPolicy,
  type OpenedEncoder,
  openEncoder,
  openReference,
  refuseFormat,
  refuseWhatCannotFit,
  type SampleSource,
  type Settled,
  settle,
  type Session as TrainingSession,
  templateNamed,
  tryDistance,
  withSettled,
} from '@cppo/training';
import type { PromptEncoder, TrainedPolicy } from '../components/index.js';
import type { Config } from '../config/schema.js';
import { openHeldOutSource, openTrainingSource, readingOf } from '../data/open-samples.js';
import { modelSource } from '../model-source.js';
import { type Components, chooseComponents } from './choose-components.js';
import { refuseSampler } from './refuse-sampler.js';
import { type EngineRoom, roomOf } from './room.js';

/** Everything that a run holds open. */
export interface Session extends TrainingSession<EncodedPrompt, Config> {
  readonly engine: Engine;
  readonly components: Components;
  /** How samples are shown, and why so. */
  readonly shown: Settled;
}

/** A run before its weights are read: all that a plan of it takes. */
export interface Prepared {
  /** The one that was given, with what it left open and the model's notes decide. */
  readonly config: Config;
  readonly engine: Engine;
  readonly room: EngineRoom;
  readonly components: Components;
  readonly source: SampleSource;
  /** Encodes prompts as the policy will. */
  readonly encoder: PromptEncoder;
  /** How samples are shown, and why so. */
  readonly shown: Settled;
  /** What the model takes; nothing for a policy that does not say. */
  readonly capacity: Capacity | undefined;
  /** The policy where it had to be loaded to know it. */
  readonly policy: TrainedPolicy | undefined;
}

/**
 * Looks at everything that a configuration can get wrong, starts the engine and opens the data; no weight is read where the policy can do without.
 * Its configuration is the one that is given with what that leaves open.
 *
 * @param checkpoint directory of the checkpoint to resume from.
 * @throws UserError also when the model cannot fit into the memory.
 */
export async function prepareSession(given: Config, checkpoint?: string): Promise<Prepared> {
  const components = await chooseComponents(given);
  if (given.data.template !== 'auto') templateNamed(given.data.template);
  const engine = await startEngineFor(given);
  const room = roomOf(engine, given.engine.memory);
  refuseFormat(given.weights, 'weights', room);
  const { family } = components;
  const known = await family.capacity?.(modelSource(given.model));
  if (known !== undefined) refuseWhatCannotFit(given, room, known);
  const { encoder, policy } = await openForPrompts(given, components, checkpoint);
  const shown = settle({ ...given.data, data: given.data.train }, encoder);
  const config = withSettled(given, shown);
  // The built-in tasks all show a picture.
  if (isBuiltIn(config.data.train)) bareLength(encoder, [blank(28, 28)]);
  const source = await openTrainingSource(config.data.train, config.seed, readingOf(config, encoder, shown));
  const capacity = await family.capacity?.(modelSource(given.model), encoder);
  refuseSampler(config, components.sampler, capacity?.adapter !== undefined);
  return { config, engine, room, components, source, encoder, shown, capacity, policy };
}

/** @param checkpoint directory of the checkpoint to resume from. */
export async function openSession(config: Config, checkpoint?: string): Promise<Session> {
  return loadSession(await prepareSession(config, checkpoint), checkpoint);
}

/** Loads the weights of a run. @param checkpoint directory of the checkpoint to resume from. */
export async function loadSession(prepared: Prepared, checkpoint?: string): Promise<Session> {
  const { engine, components, source, shown } = prepared;
  const baseModel = modelSource(prepared.config.model);
  await components.sampler.open?.();
  const policy =
    prepared.policy ?? (await loadPolicy(components.family, baseModel, prepared.config, checkpoint));
  const config = withHeldFormat(prepared.config, policy);
  if (config.objective.type === 'cppo')
    tryDistance(components.distance, policy.headWeight, config.rollout.temperature);
  const reference = await openReference(
    components.family,
    baseModel,
    config,
    policy,
    isAdapted(policy, config),
  );
  const { beta1, beta2, epsilon, weightDecay } = config.optimizer;
  return {
    config,
    engine,
    components,
    policy,
    reference,
    optimizer: new AdamW(policy.variables, { beta1, beta2, epsilon, weightDecay }),
    reward: components.reward,
    source,
    shown,
    openHeldOut:
      config.data.eval === 'none'
        ? undefined
        : () => openHeldOutSource(config.data.eval, readingOf(config, policy, shown)),
    loggers: components.loggers,
    baseModel,
  };
}

/** What encodes the prompts of a run. */
async function openForPrompts(
  config: Config,
  { family }: Components,
  checkpoint: string | undefined,
): Promise<OpenedEncoder<EncodedPrompt, WeightFormat>> {
  try {
    const source = modelSource(config.model);
    return await openEncoder(family, source, () => loadPolicy(family, source, config, checkpoint));
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new UserError(`model: ${(error as Error).message}`);
  }
}

/**
 * Starts the engine that a configuration asks for.
 *
 * @param key what asked for it, for a message.
 */
export async function startEngineFor(
  { engine }: Pick<Config, 'engine'>,
  key = 'engine.prefer',
): Promise<Engine> {
  try {
    return await startEngine({
      ...(engine.prefer === 'auto' ? {} : { prefer: engine.prefer }),
      ...(engine.threads === undefined ? {} : { threads: engine.threads }),
      softwareAdapter: engine.softwareAdapter,
    });
  } catch (error) {
    throw new UserError(`${key}: ${(error as Error).message}`);
  }
}

/** The configuration with the format of frozen weights: a checkpoint's float32 does not say it, so a resumed run reads it here. */
function withHeldFormat(config: Config, { parameters }: TrainedPolicy): Config {
  if (config.weights !== undefined || parameters === undefined) return config;
  return { ...config, weights: narrowestFormat(parameters) };
}
