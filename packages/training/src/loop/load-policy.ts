import { join } from 'node:path';
import type { Scorer } from '@cppo/grpo';
import { isUserError, UserError } from '@cppo/run';
import type { Arithmetic } from '../contract/capacity.js';
import type { PolicyFamily } from '../contract/family.js';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import { holdsAdapter } from './holds-adapter.js';

/** What of a run's configuration decides how its model is loaded. */
export interface LoadedSettings<Format extends string = string> {
  readonly weights?: Format | undefined;
  readonly activations: 'float32' | 'bfloat16';
  readonly rollout: { readonly cache: 'float32' | 'bfloat16' };
  readonly lora: { readonly rank: number; readonly alpha: number } | null;
  readonly freezeVision: boolean;
  readonly objective: { readonly kl: { readonly coefficient: number } };
}

/**
 * Loads the policy of a run.
 *
 * @param family     that loads it.
 * @param source     where the model is that the run began with.
 * @param settings   of the run.
 * @param checkpoint directory of the checkpoint to go on from; it holds the whole model, or the adapters of a run with LoRA.
 * @returns the policy, with at least one variable to train.
 * @throws UserError when it cannot be loaded, or has no variable to train.
 */
export async function loadPolicy<P extends Encoded, Format extends string>(
  { load }: PolicyFamily<P, Format>,
  source: string,
  settings: LoadedSettings<Format>,
  checkpoint: string | undefined,
): Promise<TrainedPolicy<P, Format>> {
  const saved = checkpoint && join(checkpoint, 'model');
  const { lora } = settings;
  const options = { trainVision: !settings.freezeVision, ...arithmeticOf(settings) };
  try {
    const policy =
      saved === undefined
        ? await load(source, { ...options, ...(lora === null ? {} : { lora }) })
        : holdsAdapter(saved) || lora !== null
          ? // On the model and with the tokenizer that the run began with.
            await load(source, { ...options, adapter: saved })
          : await load(saved, options);
    if (policy.variables.length > 0) return policy;
  } catch (error) {
    if (isUserError(error)) throw error;
    throw new UserError(`model: ${(error as Error).message}`);
  }
  throw new UserError('policy: found no variable to train, expected at least one.');
}

/**
 * Opens the policy as it was at the start, with which a run compares its own.
 *
 * With new adapters that is the same model without them. Otherwise, and where the run resumes from an adapter, it needs
 * weights of its own.
 *
 * @param family   that loads it.
 * @param source   where the model is that the run began with.
 * @param settings of the run.
 * @param policy   that is trained.
 * @param adapted  whether that trains adapters.
 * @returns what scores as the model did; undefined where the run compares with none.
 */
export async function openReference<P extends Encoded, Format extends string>(
  { load }: PolicyFamily<P, Format>,
  source: string,
  settings: LoadedSettings<Format>,
  policy: TrainedPolicy<P, Format>,
  adapted: boolean,
): Promise<Scorer<P> | undefined> {
  if (settings.objective.kl.coefficient === 0) return undefined;
  if (adapted && !policy.origin?.adapted) {
    return { score: (requests, options) => policy.withoutAdapters(() => policy.score(requests, options)) };
  }
  return await load(source, { trainable: false, ...arithmeticOf(settings) });
}

/** How the model is held and computed; what is the default is left to the policy. */
function arithmeticOf<Format extends string>({
  weights,
  activations,
  rollout,
}: LoadedSettings<Format>): Partial<Arithmetic<Format>> {
  return {
    ...(weights === undefined ? {} : { weights }),
    ...(activations === 'float32' ? {} : { activations }),
    ...(rollout.cache === 'float32' ? {} : { cache: rollout.cache }),
  };
}
