import type { PerceivedTokens } from '@cppo/cppo';
import { alone, type Cluster, type Completion, type RewardedGroup, type RewardResult } from '@cppo/grpo';
import type { RgbImage } from '@cppo/perturb';
import type { CompletionRecord, GroupRecord } from '@cppo/run';
import type { PictureCodec } from '../contract/codec.js';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import { asDataUrl } from '../prompts/pictures.js';
import type { Prompt } from '../prompts/prepare-prompt.js';
import { shownPicture } from '../prompts/shown-picture.js';
import type { RolledOut } from './rollouts.js';

/** What records are written with: token texts and pictures. */
interface Writer {
  readonly policy: Pick<TrainedPolicy<Encoded>, 'tokenizer'>;
  readonly codec?: PictureCodec;
  readonly cluster?: Cluster;
}

/**
 * What the log keeps of a step: every group that was trained on, or the prompts that could not be answered. Each learner
 * records its own; the first gets all of them, and the others none.
 *
 * @param perceived by `<group>/<number of the completion>`.
 */
export async function recordStep<P extends Encoded>(
  step: number,
  writer: Writer,
  { rollouts, groups, shown, broken }: RolledOut<P>,
  perceived: ReadonlyMap<string, PerceivedTokens>,
): Promise<GroupRecord[]> {
  const { cluster = alone } = writer;
  // Pictures of one group a step: enough to inspect, little to store.
  const judged = rollouts.map(({ prompt, group, rewards, views, perturbed }) =>
    recordGroup(
      step,
      writer,
      prompt,
      group,
      rewards,
      (completion) => perceived.get(`${group.id}/${completion}`),
      group.id === shown && views !== undefined ? { perturbed, ...views.images } : undefined,
    ),
  );
  const unanswered = Array.from(broken?.prompts ?? [], ([id, prompt]) =>
    recordUnanswered(step, writer, id, prompt),
  );
  const own = await Promise.all([...judged, ...unanswered]);
  const records = (await cluster.gather(own)).flat();
  if (cluster.rank > 0) return [];
  const place = new Map(groups.map(({ id }, i) => [id, i]));
  return records.sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}

/** Pictures by what they are; nothing for what there is not. */
type ShownPictures = Readonly<Record<string, readonly RgbImage[] | undefined>>;

/** What the log keeps of a group; with pictures when those of its views are given. */
async function recordGroup<P extends Encoded>(
  step: number,
  writer: Writer,
  prompt: Prompt<P>,
  group: Pick<RewardedGroup<P>, 'id' | 'completions' | 'advantages'>,
  rewards: readonly RewardResult[],
  perceived: (completion: number) => PerceivedTokens | undefined,
  images: ShownPictures | undefined,
): Promise<GroupRecord> {
  return {
    step,
    id: group.id,
    question: prompt.sample.question,
    ...(prompt.sample.turns && { turns: prompt.sample.turns }),
    answer: prompt.sample.answer,
    ...(images === undefined
      ? {}
      : { images: await firstPictures({ original: prompt.images, ...images }, writer.codec) }),
    completions: group.completions.map((completion, i) =>
      recordCompletion(writer.policy, completion, rewards[i]!, group.advantages[i]!, perceived(i)),
    ),
  };
}

/** What the log keeps of a prompt that the policy could not answer. */
function recordUnanswered<P extends Encoded>(
  step: number,
  writer: Writer,
  id: string,
  prompt: Prompt<P>,
): Promise<GroupRecord> {
  const group = { id, completions: [], advantages: new Float32Array() };
  return recordGroup(step, writer, prompt, group, [], () => undefined, undefined);
}

async function firstPictures(
  images: ShownPictures,
  codec: PictureCodec | undefined,
): Promise<Record<string, string>> {
  const entries = Object.entries(images).map(async ([name, shown]) => {
    const [image] = shown ?? [];
    return image === undefined ? [] : [[name, await asDataUrl(shownPicture(image), codec)]];
  });
  return Object.fromEntries((await Promise.all(entries)).flat());
}

function recordCompletion(
  policy: Writer['policy'],
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
    ...(completion.version !== undefined && { version: completion.version }),
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

/** Five digits are enough for display. */
function short(value: number): number {
  return Number(value.toPrecision(5));
}
