import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import type { TrainingSettings } from '../contract/settings.js';

/** Whether adapters are trained: the policy knows, and only of one that does not say is it guessed from what was asked for. */
export function isAdapted(
  policy: Pick<TrainedPolicy<Encoded>, 'adapters'>,
  { lora = null }: Pick<TrainingSettings, 'lora'>,
): boolean {
  return 'adapters' in policy ? policy.adapters !== undefined : lora !== null;
}
