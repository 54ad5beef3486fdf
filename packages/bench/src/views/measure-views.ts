import { requireNames } from '@cppo/checked-options';
import { type Perturbation, type RgbImage, seededRandom } from '@cppo/perturb';
import { createReward } from '@cppo/reward';
import { bootstrapDifference, bootstrapMean, type Estimate } from '../evaluate/estimates.js';
import { evaluate, type Generator } from '../evaluate/evaluate.js';
import type { EvaluationSample } from '../evaluate/outcome.js';
import { accuracies } from '../evaluate/report.js';
import { type ShowProgress, showNothing } from '../show-progress.js';

/** A question that a model is asked about other pictures than its own. */
export interface ViewedQuestion<P> {
  readonly sample: EvaluationSample;
  /** As the model sees them. */
  readonly images: readonly RgbImage[];
  /** The question about such pictures, of the sizes of its own. */
  encode(images: readonly RgbImage[]): P;
}

export interface MeasureViewsOptions<P> {
  readonly policy: Generator<P>;
  readonly questions: readonly ViewedQuestion<P>[];
  /** By name, in the order of the rows. */
  readonly views: readonly (readonly [name: string, perturbation: Perturbation])[];
  /** Answers to each question. Default 4. */
  readonly samples?: number;
  readonly maxTokens: number;
  /** Of views and answers. Default 0. */
  readonly seed?: number;
  /** Shows how far each view is. Default: nothing is shown. */
  readonly showProgress?: ShowProgress;
}

/** A model's accuracy on a view of the pictures. Shares are 0…1. */
export interface ViewRow {
  readonly view: string;
  readonly accuracy: Estimate;
  /** To the pictures as they are, over the same questions; absent for those. */
  readonly difference?: Estimate;
}

/** The authors' views, then other ways to hide parts. */
export const usualViews: readonly string[] = [
  ...['colorJitter', 'perspective', 'rotate', 'gaussianBlur'],
  ...['occlude', 'zoomCrop', 'patchMask', 'blackSquares'],
];
const unchanged = 'identity';

/**
 * How much a model still gets right under each perturbation. The contrastive loss takes for granted that
 * preserving views leave the answer and removing ones take it away; whether they do is a matter of the model.
 *
 * @returns a row for the pictures as they are, then one for each view.
 * @throws RangeError for an unknown option.
 */
export async function measureViews<P>(options: MeasureViewsOptions<P>): Promise<ViewRow[]> {
  requireNames('measureViews', options, {
    ...{ policy: true, questions: true, views: true, samples: true, maxTokens: true, seed: true },
    showProgress: true,
  });
  const { policy, questions, views, samples = 4, maxTokens, seed = 0, showProgress = showNothing } = options;
  const underView = async (view: string, perturb: Perturbation) => {
    const progress = showProgress(view, questions.length);
    try {
      const { outcomes } = await evaluate({
        policy,
        // Questions of a file may share an id, so their position distinguishes them.
        samples: questions.map(({ sample }, place) => ({ ...sample, id: String(place) })),
        encode: ({ id }) => {
          const { sample, images, encode } = questions[Number(id)]!;
          return encode(images.map((image, i) => perturb(image, seededRandom(seed, sample.id, i))));
        },
        reward: createReward(),
        ...{ samplesPerQuestion: samples, maxTokens, seed },
        onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
      });
      return accuracies(outcomes);
    } finally {
      progress.stop();
    }
  };
  const before = await underView(unchanged, (image) => image);
  const rows: ViewRow[] = [{ view: unchanged, accuracy: bootstrapMean(before) }];
  for (const [view, perturb] of views) {
    if (view === unchanged) continue;
    const after = await underView(view, perturb);
    rows.push({ view, accuracy: bootstrapMean(after), difference: bootstrapDifference(before, after) });
  }
  return rows;
}

/** The rows as markdown. */
export function viewsTable(rows: readonly ViewRow[]): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  const range = ({ value, low, high }: Estimate, show: (share: number) => string) =>
    `${show(value)} (${show(low)} to ${show(high)})`;
  const signed = (share: number) => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`;
  return [
    '| view | right, % | minus unchanged, points |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ view, accuracy, difference }) =>
        `| ${view} | ${range(accuracy, percent)} | ${difference ? range(difference, signed) : '–'} |`,
    ),
  ].join('\n');
}
