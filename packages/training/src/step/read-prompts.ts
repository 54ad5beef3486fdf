import type { Encoded } from '../contract/policy.js';
import { type Prompt, preparePrompt } from '../prompts/prepare-prompt.js';
import { contentHash } from './content-hash.js';
import { type Draw, groupId } from './draw.js';

/** A prompt at its place in the batch of all learners. */
export interface PlacedPrompt<P extends Encoded> {
  readonly place: number;
  readonly prompt: Prompt<P>;
  /** How many equal prompts of other learners stand before it. */
  readonly elsewhere: number;
}

/** What the learners tell each other of a sample. */
interface Report {
  readonly place: number;
  /** Of the encoded prompt. */
  readonly hash?: string;
  /** Why it cannot be read. */
  readonly failed?: string;
}

/**
 * This learner's prompts of one attempt: further attempts read the data in orders of their own. A sample that cannot be read
 * costs its group, not the run.
 *
 * @throws whatever the first sample failed with when none of a step's samples can be read.
 */
export async function readPrompts<P extends Encoded>(
  draw: Draw<P>,
  attempt: number,
  count: number,
): Promise<PlacedPrompt<P>[]> {
  const { config, policy, source, shown, codec } = draw.parts;
  const { rank, size } = draw.cluster;
  const placed = await source.take((draw.step - 1) * config.rollout.prompts, count, attempt);
  const own = placed
    .map((sample, place) => ({ ...sample, place }))
    .filter(({ place }) => place % size === rank);
  const read = await Promise.allSettled(
    own.map(({ sample, epoch }) => preparePrompt(policy, sample, epoch, shown, codec)),
  );
  const reports = (await draw.cluster.gather(read.map((each, i) => reportOf(each, own[i]?.place ?? i))))
    .flatMap((part, learner) => part.map((report) => ({ ...report, learner })))
    .sort((a, b) => a.place - b.place);
  const failures = reports.flatMap(({ failed }) => failed ?? []);
  if (failures.length === reports.length && attempt === 0) {
    throw read.find((each) => each.status === 'rejected')?.reason ?? new Error(failures[0]);
  }
  draw.leftOut.push(...failures);
  return read.flatMap((each, i) => {
    if (each.status === 'rejected') return [];
    const prompt = each.value;
    draw.prompts.set(groupId(prompt, attempt), prompt);
    const place = own[i]?.place ?? i;
    const { hash } = reports.find((report) => report.place === place) ?? {};
    const equal = reports.filter((other) => other.hash === hash && other.place < place);
    return [{ place, prompt, elsewhere: equal.filter(({ learner }) => learner !== rank).length }];
  });
}

function reportOf<P extends Encoded>(read: PromiseSettledResult<Prompt<P>>, place: number): Report {
  return read.status === 'fulfilled'
    ? { place, hash: contentHash(read.value.encoded) }
    : { place, failed: (read.reason as Error).message };
}
