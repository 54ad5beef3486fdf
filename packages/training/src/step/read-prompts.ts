import type { Encoded } from '../contract/policy.js';
import { type Prompt, preparePrompt } from '../prompts/prepare-prompt.js';
import { type Draw, groupId } from './draw.js';

/**
 * The prompts of one attempt: further attempts read the data in orders of their own. A sample that cannot be read costs
 * its group, not the run.
 *
 * @throws whatever the first sample failed with when none of a step's samples can be read.
 */
export async function readPrompts<P extends Encoded>(
  draw: Draw<P>,
  attempt: number,
  count: number,
): Promise<Prompt<P>[]> {
  const { config, policy, source, shown, codec } = draw.parts;
  const placed = await source.take((draw.step - 1) * config.rollout.prompts, count, attempt);
  const read = await Promise.allSettled(
    placed.map(({ sample, epoch }) => preparePrompt(policy, sample, epoch, shown, codec)),
  );
  const failed = read.filter((each) => each.status === 'rejected').map(({ reason }) => reason as Error);
  if (failed.length === read.length && attempt === 0) throw failed[0];
  draw.leftOut.push(...failed.map(({ message }) => message));
  const prompts = read.filter((each) => each.status === 'fulfilled').map(({ value }) => value);
  for (const prompt of prompts) draw.prompts.set(groupId(prompt, attempt), prompt);
  return prompts;
}
