import type { PerceivedTokens } from '@cppo/cppo';
import type { Completion, RewardedGroup, RewardResult } from '@cppo/grpo';
import type { CompletionRecord, GroupRecord } from '@cppo/run';
import type { TrainedPolicy } from '../components/index.js';
import { asDataUrl, type Prompt, type PromptViews } from './prompts.js';
import { shownPicture } from './shown-picture.js';

/** What the log keeps of a group; with pictures when its views are given. */
export async function recordGroup<P>(
  step: number,
  policy: TrainedPolicy,
  prompt: Prompt,
  group: Pick<RewardedGroup<P>, 'id' | 'completions' | 'advantages'>,
  rewards: readonly RewardResult[],
  perceived: (completion: number) => PerceivedTokens | undefined,
  views: PromptViews | undefined,
): Promise<GroupRecord> {
  return {
    step,
    id: group.id,
    question: prompt.sample.question,
    ...(prompt.sample.turns && { turns: prompt.sample.turns }),
    answer: prompt.sample.answer,
    ...(views === undefined ? {} : { images: await pictures(prompt, views) }),
    completions: group.completions.map((completion, i) =>
      recordCompletion(policy, completion, rewards[i]!, group.advantages[i]!, perceived(i)),
    ),
  };
}

/** What the log keeps of a prompt that the policy could not answer. */
export function recordUnanswered(
  step: number,
  policy: TrainedPolicy,
  id: string,
  prompt: Prompt,
): Promise<GroupRecord> {
  const group = { id, completions: [], advantages: new Float32Array() };
  return recordGroup(step, policy, prompt, group, [], () => undefined, undefined);
}

async function pictures(prompt: Prompt, views: PromptViews): Promise<Record<string, string>> {
  const first = {
    original: prompt.images[0],
    ...Object.fromEntries(Object.entries(views.images).map(([name, [image]]) => [name, image])),
  };
  const entries = Object.entries(first).map(async ([name, image]) =>
    image === undefined ? [] : [[name, await asDataUrl(shownPicture(image))]],
  );
  return Object.fromEntries((await Promise.all(entries)).flat());
}

function recordCompletion(
  policy: TrainedPolicy,
  completion: Completion,
  { reward, parts }: RewardResult,
  advantage: number,
  perceived: PerceivedTokens | undefined,
): CompletionRecord {
  return {
    text: completion.text,
    tokens: Array.from(completion.tokens, (id) => policy.tokenizer.decode([id])),
    logProbs: Array.from(completion.logProbs, short),
    reward,
    parts,
    advantage: short(advantage),
    truncated: completion.truncated,
    ...(perceived === undefined
      ? {}
      : {
          perception: {
            shift: Array.from(perceived.shift, short),
            mask: Array.from(perceived.mask),
            loss: Array.from(perceived.loss, short),
          },
        }),
  };
}

/** Five digits are enough to look at. */
function short(value: number): number {
  return Number(value.toPrecision(5));
}
