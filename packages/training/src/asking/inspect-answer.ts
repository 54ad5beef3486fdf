import { type DetectionOptions, detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import type { RgbImage } from '@cppo/perturb';
import type { InspectedToken } from '@cppo/run';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import { asDataUrl } from '../prompts/pictures.js';
import { shownPicture } from '../prompts/shown-picture.js';
import { finiteScores } from './finite-scores.js';

/** An answer, and the question with its pictures and with what is left when their content is removed. */
export interface AnswerToInspect<P extends Encoded> {
  readonly prompt: P;
  readonly withoutPicture: P;
  readonly tokens: Int32Array;
  /** Of the entropies. */
  readonly temperature: number;
  readonly detection: Pick<DetectionOptions, 'score' | 'base' | 'ratio'>;
}

/**
 * Scores an answer under the pictures and without them, and says of each token whether it depends on them.
 *
 * @param policy that is asked.
 * @param answer with its question, and how its tokens are detected.
 * @returns the tokens in their order; log-probabilities and entropies in nats.
 * @throws UserError naming the first token whose figures are not finite.
 */
export async function inspectAnswer<P extends Encoded>(
  policy: Pick<TrainedPolicy<P>, 'score' | 'tokenizer'>,
  { prompt, withoutPicture, tokens, temperature, detection }: AnswerToInspect<P>,
): Promise<InspectedToken[]> {
  const original = await read(policy, prompt, tokens, temperature);
  const without = await read(policy, withoutPicture, tokens, temperature);
  const { mask, shift } = detectPerceptionTokensInArrays(
    { entropy: [original.entropies], removedEntropy: [without.entropies] },
    detection,
  );
  return Array.from(tokens, (id, i) => ({
    id,
    text: policy.tokenizer.decode([id]),
    logProb: original.logProbs[i]!,
    entropy: original.entropies[i]!,
    removedEntropy: without.entropies[i]!,
    shift: shift[0]![i]!,
    perceives: mask[0]![i] === 1,
  }));
}

/** Log-probabilities and entropies of a completion, nats. */
async function read<P extends Encoded>(
  policy: Pick<TrainedPolicy<P>, 'score'>,
  prompt: P,
  tokens: Int32Array,
  temperature: number,
): Promise<{ logProbs: number[]; entropies: number[] }> {
  const scores = policy.score([{ prompt, completions: [tokens] }], { temperature });
  return {
    logProbs: finiteScores('log-probability', await scores.logProbs.data()),
    entropies: finiteScores('entropy', await scores.entropies.data()),
  };
}

/**
 * Views of pictures for a page.
 *
 * @param views pictures by the name of their view.
 * @returns data URLs of PNG files by the same names, at most 512 pixels on a side.
 */
export async function asPictures(
  views: Readonly<Record<string, readonly RgbImage[]>>,
): Promise<Record<string, string[]>> {
  const entries = Object.entries(views).map(
    async ([name, images]) =>
      [name, await Promise.all(images.map((image) => asDataUrl(shownPicture(image))))] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
