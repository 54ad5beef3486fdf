import { contrastivePerceptionLoss } from '@cppo/contrastive-loss';
import { cppoDefaults } from '@cppo/cppo';
import { detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import { createPerturbation, makeViews, seededRandom } from '@cppo/perturb';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { asDataUrl } from '@cppo/training/step';
import * as tf from '@tensorflow/tfjs-core';
import { canvasCodec } from './canvas-codec.js';
import type { Picture } from './rgb.js';
import { ratios, type Seen, type ViewChoice } from './see-messages.js';

/** An answer that can be looked at under any views. */
export interface Answered {
  readonly question: string;
  readonly picture: Picture;
  readonly tokens: Int32Array;
  /** Each token decoded by itself. */
  readonly pieces: readonly string[];
  readonly temperature: number;
  readonly read: readonly boolean[] | undefined;
}

interface Pass {
  readonly logProbs: Float32Array;
  readonly entropies: Float32Array;
}

/** Scores an answer under the picture and both of its views, and finds its perception tokens at every share. */
export async function look(policy: QwenPolicy, answered: Answered, choice: ViewChoice): Promise<Seen> {
  const { question, picture, tokens, pieces, temperature, read } = answered;
  const preset = {
    preserving: createPerturbation(choice.preserving.name, choice.preserving.options),
    removing: createPerturbation(choice.removing.name, choice.removing.options),
  };
  const drawn = makeViews(picture, preset, seededRandom(choice.seed, 0));
  const pictures = [picture, drawn.preserving, drawn.removing[0] ?? picture] as const;
  const passes: Pass[] = [];
  for (const each of pictures) {
    const prompt = policy.encode({ prompt: question, images: [each] });
    passes.push(await scored(policy, prompt, tokens, temperature));
  }
  const [original, preserved, removed] = passes as [Pass, Pass, Pass];
  const entropies = { entropy: [original.entropies], removedEntropy: [removed.entropies] };
  const found = ratios.map((ratio) => detectPerceptionTokensInArrays(entropies, { ratio }));
  const losses = await tokenLosses(original, preserved, removed);
  const urls = await Promise.all(pictures.map((each) => asDataUrl(each, canvasCodec)));
  const [originalUrl = '', preservingUrl = '', removingUrl = ''] = urls;
  return {
    views: { original: originalUrl, preserving: preservingUrl, removing: removingUrl },
    masks: found.map(({ mask }) => Array.from(mask[0] ?? [], (taken) => taken === 1)),
    tokens: pieces.map((text, i) => ({
      text,
      logProb: at(original.logProbs, i),
      entropy: at(original.entropies, i),
      removedEntropy: at(removed.entropies, i),
      shift: at(removed.entropies, i) - at(original.entropies, i),
      logProbShift: at(original.logProbs, i) - at(removed.logProbs, i),
      loss: at(losses, i),
      read: read?.[i],
    })),
  };
}

async function scored(
  policy: QwenPolicy,
  prompt: EncodedPrompt,
  tokens: Int32Array,
  temperature: number,
): Promise<Pass> {
  const [logProbs, entropies] = tf.tidy(() => {
    const scores = policy.score([{ prompt, completions: [tokens] }], { temperature });
    return [scores.logProbs, scores.entropies];
  });
  const read = async (tensor: tf.Tensor | undefined) => Float32Array.from((await tensor?.data()) ?? []);
  const pass = { logProbs: await read(logProbs), entropies: await read(entropies) };
  tf.dispose([logProbs, entropies].filter((tensor) => tensor !== undefined));
  return pass;
}

/** CPL of every token, as if all were in the mask, with the distance and τ of the trainer. */
async function tokenLosses(anchor: Pass, positive: Pass, negative: Pass): Promise<Float32Array> {
  const perToken = tf.tidy(() => {
    const branch = ({ logProbs }: Pass) => ({ logProbs: tf.tensor2d(logProbs, [1, logProbs.length]) });
    const mask = tf.ones<tf.Rank.R2>([1, anchor.logProbs.length]);
    const { distance, tau } = cppoDefaults;
    const input = { anchor: branch(anchor), positive: branch(positive), negatives: [branch(negative)], mask };
    return contrastivePerceptionLoss(input, { distance, tau }).perToken;
  });
  const losses = Float32Array.from(await perToken.data());
  perToken.dispose();
  return losses;
}

const at = (values: Float32Array, i: number) => values[i] ?? Number.NaN;
