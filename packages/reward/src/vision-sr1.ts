import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import { lastBoxed } from './boxed.js';
import { rewardDefaults } from './create-reward.js';
import { mathEqual } from './math-equal.js';
import type { RewardFunction, RewardInput } from './reward-function.js';
import type { MathVerdict } from './verdict.js';

const optionsSchema = z.strictObject({
  accuracyWeight: z.number().finite().default(rewardDefaults.accuracyWeight),
  formatWeight: z.number().finite().default(rewardDefaults.formatWeight),
  descriptionWeight: z.number().finite().default(1),
});

export interface VisionSr1Options {
  /** Default 0.9. */
  readonly accuracyWeight?: number;
  /** Default 0.1. */
  readonly formatWeight?: number;
  /** Weight of the self-reward. Default 1. */
  readonly descriptionWeight?: number;
  /** Decides whether an answer equals the reference. Default `mathEqual`. */
  readonly equal?: (answer: string, reference: string) => MathVerdict | Promise<MathVerdict>;
}

/**
 * Vision-SR1's reward (arXiv:2508.19652; weights as its authors publish them): what the model says to see must let it answer
 * without the picture.
 *
 *   r = accuracyWeight · accuracy + formatWeight · format + descriptionWeight · description
 *
 * A completion is `<description>…</description> <think>…</think> \boxed{…}`, which is what format asks for. Description is 1 when
 * the policy, given the question and the description and no picture, puts an answer into `\boxed{}` that equals the reference.
 * It answers with its likeliest tokens, where the authors sample one answer, so that the verdict draws nothing.
 *
 * @param options weights, and what compares two answers.
 * @returns a function that needs `question` and `ask` in its input.
 * @throws RangeError when an option is not a finite number or has no such name.
 * @example
 * const reward = createVisionSr1Reward();
 * const completion = '<description>two ones</description> <think>1 + 1</think> \\boxed{2}';
 * const ask = async () => '\\boxed{2}';
 * (await reward({ completion, answer: '2', question: 'What is the sum?', ask })).parts; // { accuracy: 1, format: 1, description: 1 }
 */
export function createVisionSr1Reward(options: VisionSr1Options = {}): RewardFunction {
  const { equal = (answer: string, reference: string) => mathEqual(answer, reference), ...weights } = options;
  const { accuracyWeight, formatWeight, descriptionWeight } = parseOptions(
    'createVisionSr1Reward',
    optionsSchema,
    weights,
  );
  const isRight = async (text: string, reference: string): Promise<0 | 1> => {
    const boxed = lastBoxed(text);
    return boxed !== null && (await equal(boxed, reference)).equal ? 1 : 0;
  };

  return async (input) => {
    const { completion, answer } = input;
    const described = describedIn(completion);
    const alone = described === undefined ? undefined : await answerWithout(input, described);
    const accuracy = await isRight(completion, answer);
    const description = alone === undefined ? 0 : await isRight(alone, answer);
    const format = visionSr1Format(completion);
    return {
      reward: accuracyWeight * accuracy + formatWeight * format + descriptionWeight * description,
      parts: { accuracy, format, description },
      why:
        described === undefined
          ? 'the completion has no <description>'
          : `its description ${description === 1 ? 'lets' : 'does not let'} the policy answer without the picture`,
    };
  };
}

const opening = '<description>';
const closing = '</description>';

/** What a completion says to see; nothing where it has no whole description, or an empty one. */
function describedIn(completion: string): string | undefined {
  const start = completion.indexOf(opening);
  const end = start < 0 ? -1 : completion.indexOf(closing, start);
  return end < 0 ? undefined : completion.slice(start + opening.length, end).trim() || undefined;
}

/** 1 for a description, a thought and a box at the end, with nothing between them. By index: a hostile text costs linear time. */
function visionSr1Format(completion: string): 0 | 1 {
  const text = completion.trim();
  const seen = text.startsWith(opening) ? text.indexOf(closing) : -1;
  const rest = seen < 0 ? '' : text.slice(seen + closing.length).trimStart();
  const thought = rest.startsWith('<think>') ? rest.indexOf('</think>') : -1;
  const end = thought < 0 ? '' : rest.slice(thought + '</think>'.length).trimStart();
  return end.startsWith('\\boxed{') && end.endsWith('}') ? 1 : 0;
}

function answerWithout({ question, ask }: RewardInput, description: string): Promise<string> {
  if (question === undefined || ask === undefined) {
    const missing = question === undefined ? 'question' : 'ask';
    throw new TypeError(
      `createVisionSr1Reward: the input has no ${missing}; expected the question and a way to ask the policy.`,
    );
  }
  const text = question.replaceAll('<image>', '').trim();
  return ask(
    `${text}\n\nThere is no picture to look at. This is what it shows:\n${description}\n\nReason from that alone, and put the final answer in \\boxed{}.`,
  );
}
