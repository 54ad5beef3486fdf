import { readChain, tokensInSpans } from '@cppo/bench/tasks';
import type { Sample } from '@cppo/dataset/prompts';
import type { Completion, RewardedGroup } from '@cppo/grpo';
import { UserError } from '@cppo/run/errors';
import type { AnswerTokenizer } from '../contract/policy.js';
import { withGroundTruth } from '../samples/ground-truth.js';

/**
 * Marks the tokens of a group that are known to come from the picture: those that hold a character of a value that the
 * completion claims to see. Only a sample with a reference reply tells; a completion that cannot be read by it has none.
 *
 * @param group rewarded completions of the sample.
 * @param sample of a built-in task, or a row that holds what `cppo bench export` writes.
 * @param tokenizer the policy's.
 * @returns the group with `knownTokens`.
 * @throws UserError for a sample that does not say what is to be seen.
 */
export function withKnownTokens<P>(
  group: RewardedGroup<P>,
  sample: Sample,
  tokenizer: AnswerTokenizer,
): RewardedGroup<P> {
  const { reference, perception } = withGroundTruth(sample);
  if (reference === undefined || perception === undefined) {
    throw new UserError(
      `objective.cppo.tokens: found known, but sample ${sample.id} has no reference reply that says what is read from its picture; expected samples of a built-in task, or another value.`,
    );
  }
  const mark = ({ tokens, text }: Completion): boolean[] => {
    const pieces = Array.from(tokens, (token) => tokenizer.decode([token]));
    const values = readChain(text, reference, perception);
    // A letter of several tokens has no place of its own in the text.
    if (values === undefined || pieces.join('') !== text) return pieces.map(() => false);
    return tokensInSpans(
      pieces,
      values.map(({ span }) => span),
    );
  };
  return { ...group, knownTokens: group.completions.map((each) => Uint8Array.from(mark(each), Number)) };
}
