import { makeViews, type RgbImage, seededRandom, type ViewPreset } from '@cppo/perturb';
import type { InspectedToken } from '@cppo/run';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import type { Showing } from '../contract/showing.js';
import { Progress } from '../progress/progress.js';
import type { AskedModel } from './asked-model.js';
import { encodeQuestion, tokensOf } from './encode-question.js';
import { type AnswerToInspect, inspectAnswer } from './inspect-answer.js';

/** A question about pictures whose answer is to be inspected. */
export interface PicturesToInspect {
  readonly question: string;
  readonly images: readonly RgbImage[];
  readonly showing: Showing;
  /** The answer; one of the model when left out. */
  readonly answer?: string;
  /** How the views are made. */
  readonly views: ViewPreset;
  /** Of the views and of the sampling. */
  readonly seed: number;
  /** Longest answer of the model. */
  readonly maxTokens: number;
  /** Of the sampling and, as in training, of the entropies; 0 takes the likeliest token and leaves the entropies at 1. */
  readonly temperature: number;
  readonly detection: AnswerToInspect<never>['detection'];
}

/** An inspected answer, with what was shown. */
export interface InspectedPictures<P extends Encoded, Format extends string> {
  readonly policy: TrainedPolicy<P, Format>;
  /** Token ids of the answer. */
  readonly ids: Int32Array;
  readonly tokens: readonly InspectedToken[];
  /** The pictures by the name of their view. */
  readonly pictures: Readonly<Record<'original' | 'preserving' | 'removing', readonly RgbImage[]>>;
}

/**
 * Answers a question about pictures, unless the answer is given, and says of each of its tokens whether it depends on them.
 *
 * @param model that is asked.
 * @param asked the question, and how its answer is inspected.
 * @returns the answer's tokens with their figures, nats, and the pictures under each view.
 * @throws UserError when there is not the memory for it, or a figure is not finite.
 */
export async function inspectPictures<P extends Encoded, Format extends string>(
  { encoder, sizeOf, load }: Omit<AskedModel<P, Format>, 'fits'>,
  asked: PicturesToInspect,
): Promise<InspectedPictures<P, Format>> {
  const { question, images, showing, answer, seed, maxTokens } = asked;
  // Before the views are drawn, so that a prompt that is too long is reported at once.
  const prompt = encodeQuestion(encoder, question, images, showing);
  const given = answer === undefined ? undefined : tokensOf(encoder, answer);
  const tokens = given?.length ?? maxTokens;
  const policy = await load({
    prompt: sizeOf(prompt),
    ...(given === undefined ? { sampling: { prompts: 1, completions: 1, tokens } } : {}),
    scoring: { prompts: 1, completions: 1, tokens, views: 0 },
  });
  const progress = new Progress('inspect', 3);
  const views = images.map((image, i) => makeViews(image, asked.views, seededRandom(seed, i)));
  const removing = views.map((view) => view.removing[0]!);
  progress.update(1, 'views drawn');
  const ids = given ?? (await sample(policy, prompt, asked));
  progress.update(2, 'answered');
  const inspected = await inspectAnswer(policy, {
    prompt,
    withoutPicture: encodeQuestion(encoder, question, removing, showing),
    tokens: ids,
    temperature: asked.temperature || 1,
    detection: asked.detection,
  });
  progress.update(3, 'scored');
  progress.stop();
  const pictures = { original: images, preserving: views.map(({ preserving }) => preserving), removing };
  return { policy, ids, tokens: inspected, pictures };
}

async function sample<P extends Encoded>(
  policy: Pick<TrainedPolicy<P>, 'generate'>,
  prompt: P,
  { maxTokens, temperature, seed }: PicturesToInspect,
): Promise<Int32Array> {
  const [group] = await policy.generate([prompt], { completions: 1, maxTokens, temperature, seed });
  return group![0]!.tokens;
}
