import { detectPerceptionTokensInArrays } from '@cppo/entropy-detect';
import { seededRandom } from '@cppo/perturb';
import type { DetectionExample } from './detection-quality.js';
import type { KnownQuestion } from './known-completions.js';
import { type QualityEstimates, qualityWithIntervals } from './quality-intervals.js';
import type { CompletionFigures } from './scores-under.js';

/** How tokens are chosen: by the entropy's rise, by the log-probability's shift (PAPO, VPPO), or by chance. */
export const detectors = ['relative', 'absolute', 'logProb', 'random'] as const;
export type Detector = (typeof detectors)[number];

/** A line of the table. */
export interface DetectionRow extends QualityEstimates {
  readonly completions: string;
  readonly removing: string;
  readonly detector: Detector;
  readonly ratio: number;
}

/**
 * Quality of every detector at every ratio for one removing view. At a ratio all detectors choose as many tokens of a completion as
 * the relative entropy score does, so that only the order in which they rank tokens differs.
 */
export function compareDetectors(
  questions: readonly KnownQuestion<unknown>[],
  original: readonly (readonly CompletionFigures[])[],
  removed: readonly (readonly CompletionFigures[])[],
  ratios: readonly number[],
): Omit<DetectionRow, 'completions' | 'removing'>[] {
  return ratios.flatMap((ratio) =>
    detectors.map((detector) => {
      // One draw says little of chance: ten of each completion.
      const draws = detector === 'random' ? 10 : 1;
      const examples = questions.map(({ prompt, completions }, q) =>
        Array.from({ length: draws * completions.length }, (_, draw): DetectionExample => {
          const i = draw % completions.length;
          const { truth } = completions[i]!;
          const [before, after] = [original[q]![i]!, removed[q]![i]!];
          const scores = scored(detector, before, after, `${prompt.sample.id}/${draw}`);
          const count = entropyDetection('relative', before, after, ratio).count;
          const detected =
            detector === 'relative'
              ? entropyDetection('relative', before, after, ratio).mask
              : highest(scores, count);
          return { truth, scores, detected };
        }),
      );
      return { detector, ratio, ...qualityWithIntervals(examples) };
    }),
  );
}

function scored(
  detector: Detector,
  before: CompletionFigures,
  after: CompletionFigures,
  key: string,
): ArrayLike<number> {
  if (detector === 'logProb') return Float64Array.from(before.logProbs, (l, t) => k3(after.logProbs[t]! - l));
  if (detector === 'random') {
    const random = seededRandom(1, 'random tokens', key);
    return Float64Array.from(before.logProbs, () => random.next());
  }
  return entropyDetection(detector, before, after, 0.5).score;
}

function entropyDetection(
  score: 'relative' | 'absolute',
  before: CompletionFigures,
  after: CompletionFigures,
  ratio: number,
): { mask: Uint8Array; score: Float64Array; count: number } {
  const found = detectPerceptionTokensInArrays(
    { entropy: [before.entropies], removedEntropy: [after.entropies] },
    { score, ratio },
  );
  return { mask: found.mask[0]!, score: found.score[0]!, count: found.counts.selected[0]! };
}

/** e^d − d − 1 of d = ℓ⁻ − ℓ, bounded as VPPO does. */
function k3(shift: number): number {
  const d = Math.min(20, Math.max(-20, shift));
  return Math.min(10, Math.exp(d) - d - 1);
}

function highest(scores: ArrayLike<number>, count: number): Uint8Array {
  const mask = new Uint8Array(scores.length);
  const order = Array.from(scores, (_, t) => t).sort((one, other) => scores[other]! - scores[one]!);
  for (const t of order.slice(0, count)) mask[t] = 1;
  return mask;
}
