import { join } from 'node:path';
import type { Engine } from '@cppo/engine';
import { startEngine } from '@cppo/engine';
import { AdamW, type Scorer } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { type Components, chooseComponents, type TrainedPolicy } from '../components/index.js';
import type { Config } from '../config/schema.js';
import { modelSource } from '../model-source.js';
import { isBuiltIn } from '../samples/builtin.js';
import { bareLength, blank, readingOf } from '../samples/reading.js';
import { type Settled, settle, templateNamed, withSettled } from '../samples/showing.js';
import { openTrainingSource, type SampleSource } from '../samples/source.js';
import { UserError } from '../user-error.js';
import { modelDimensions, refuseWhatCannotFit } from './fit.js';

/** Everything that a run holds open. */
export interface Session {
  readonly config: Config;
  readonly engine: Engine;
  readonly components: Components;
  readonly policy: TrainedPolicy;
  /** The policy as it was at the start; nothing when β = 0. */
  readonly reference: Scorer<EncodedPrompt> | undefined;
  readonly optimizer: AdamW;
  readonly reward: Components['reward'];
  readonly source: SampleSource;
  /** How samples are shown, and why so. */
  readonly shown: Settled;
}

/**
 * Opens what a run needs. Its configuration is the one that is given with what that leaves open.
 *
 * @param checkpoint directory of the checkpoint to go on from.
 */
export async function openSession(given: Config, checkpoint?: string): Promise<Session> {
  // What a configuration can get wrong is looked at before anything heavy is loaded.
  const components = await chooseComponents(given);
  if (given.data.template !== 'auto') templateNamed(given.data.template);
  const engine = await startEngineFor(given);
  const dimensions = given.policy === 'qwen' ? modelDimensions(given.model) : undefined;
  if (dimensions !== undefined) refuseWhatCannotFit(given, engine, dimensions);
  const policy = await loadPolicy(given, components, checkpoint && join(checkpoint, 'model'));
  const shown = settle({ ...given.data, data: given.data.train }, policy);
  const config = withSettled(given, shown);
  // The built-in tasks all show a picture.
  if (isBuiltIn(config.data.train)) bareLength(policy, [blank(28, 28)]);
  const source = await openTrainingSource(config.data.train, config.seed, readingOf(config, policy, shown));
  const reference = await openReference(config, components, policy);
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
  };
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

/** @param saved what a checkpoint holds: the whole model, or the adapters of a run with LoRA. */
async function loadPolicy(
  config: Config,
  { loadPolicy: load }: Components,
  saved: string | undefined,
): Promise<TrainedPolicy> {
  const options = { trainVision: !config.freezeVision };
  try {
    const source = modelSource(config.model);
    const policy =
      config.lora === null
        ? await load(saved ?? source, options)
        : await load(source, {
            ...options,
            ...(saved === undefined ? { lora: config.lora } : { adapter: saved }),
          });
    if (policy.variables.length > 0) return policy;
  } catch (error) {
    throw new UserError(`model: ${(error as Error).message}`);
  }
  throw new UserError('policy: found no variable to train, expected at least one.');
}

async function openReference(
  config: Config,
  components: Components,
  policy: TrainedPolicy,
): Promise<Scorer<EncodedPrompt> | undefined> {
  if (config.objective.kl.coefficient === 0) return undefined;
  // With adapters the reference is the same model without them; otherwise it needs weights of its own.
  if (config.lora !== null) {
    return { score: (requests, options) => policy.withoutAdapters(() => policy.score(requests, options)) };
  }
  return await components.loadPolicy(modelSource(config.model), { trainable: false });
}
