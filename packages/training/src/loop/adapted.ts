import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import type { TrainingSettings } from '../contract/settings.js';

/**
 * Decides whether adapters are trained: the policy knows; otherwise the settings decide.
 *
 * @param policy its `adapters`, where it has that property.
 * @param settings `lora`.
 * @returns true when adapters are trained.
 */
export function isAdapted(
  policy: Pick<TrainedPolicy<Encoded>, 'adapters'>,
  { lora = null }: Pick<TrainingSettings, 'lora'>,
): boolean {
  return 'adapters' in policy ? policy.adapters !== undefined : lora !== null;
}
