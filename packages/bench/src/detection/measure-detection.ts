import { requireNames } from '@cppo/checked-options';
import { createPreset, makeViews, seededRandom, type ViewPreset } from '@cppo/perturb';
import type { Generator } from '../evaluate/evaluate.js';
import { detectionMarkdown, detectionPlots } from './detection-report.js';
import { compareDetectors, type DetectionRow } from './detectors.js';
import {
  type KnownPrompt,
  type KnownQuestion,
  referenceCompletions,
  rightCompletions,
  type Writing,
} from './known-completions.js';
import { scoresUnder, type TokenScorer } from './scores-under.js';

export interface MeasureDetectionOptions<P> extends Writing {
  readonly policy: Generator<P> & TokenScorer<P>;
  readonly prompts: readonly KnownPrompt<P>[];
  /** What was measured, a sentence for the report. */
  readonly setting: string;
  /** Removing views: `cppoVerl`, which the plot over ratios is of, and names of perturbations. Default: 14 of them. */
  readonly views?: readonly string[];
  /** Called before completions are scored under a view. */
  readonly onView?: (completions: string, view: string) => void;
}

export interface Detection {
  /** `setting`, and what each set of completions is, in words. */
  readonly facts: Readonly<Record<string, string>>;
  readonly rows: readonly DetectionRow[];
}

/** Answers of the policy's own to each question, and how long they may be. */
export const ownAnswers = { samples: 8, maxTokens: 48 };

const ratios = [0.05, 0.1, 0.25, 0.5, 0.75, 1];
/** Views that take information away, then some that should not: a detector needs the first and must not find much in the second. */
const usualViews = [
  ...['cppoVerl', 'occlude', 'zoomCrop', 'patchMask', 'blackSquares', 'posterize', 'solarize', 'invert'],
  ...['affine', 'verticalFlip', 'colorJitter', 'perspective', 'rotate', 'gaussianBlur'],
];

/**
 * How well detected tokens are those that come from the picture (Fig. 6 of the paper, with a ground truth): every detector at
 * every ratio under every view, on the reference replies and on the policy's own right ones.
 *
 * @throws RangeError for an unknown option.
 */
export async function measureDetection<P>(options: MeasureDetectionOptions<P>): Promise<Detection> {
  requireNames('measureDetection', options, {
    ...{ policy: true, tokenizer: true, endToken: true, prompts: true, setting: true },
    ...{ views: true, onView: true },
  });
  const { policy, prompts, setting, views = usualViews, onView } = options;
  const sets: Record<string, KnownQuestion<P>[]> = {
    reference: referenceCompletions(options, prompts),
    own: await rightCompletions(policy, options, prompts, { ...ownAnswers, seed: 1 }),
  };
  const rows: DetectionRow[] = [];
  for (const [completions, questions] of Object.entries(sets)) {
    if (questions.length === 0) continue;
    const original = await scoresUnder(policy, questions, ({ prompt }) => prompt.encoded);
    for (const name of views) {
      onView?.(completions, name);
      const prompts = questions.map(({ prompt }) => removedView(prompt, presetOf(name)));
      const removed = await scoresUnder(policy, questions, (_, i) => prompts[i]!);
      rows.push(
        ...compareDetectors(questions, original, removed, ratios).map((row) => ({
          completions,
          removing: name,
          ...row,
        })),
      );
    }
  }
  const facts = {
    setting,
    ...Object.fromEntries(Object.entries(sets).map(([name, questions]) => [name, describe(name, questions)])),
  };
  return { facts, rows };
}

/** What was measured as files: JSON, markdown and plots, by name. */
export function detectionFiles({ facts, rows }: Detection): Record<string, string> {
  return {
    'detection.json': `${JSON.stringify({ facts, rows: rows.map(rounded) }, null, 2)}\n`,
    'detection.md': detectionMarkdown(rows, facts),
    ...detectionPlots(rows),
  };
}

function removedView<P>({ sample, images, encode }: KnownPrompt<P>, preset: ViewPreset): P {
  return encode(
    images.map((image, i) => makeViews(image, preset, seededRandom(1, sample.id, 0, i)).removing[0]!),
  );
}

function presetOf(name: string): ViewPreset {
  return createPreset(name === 'cppoVerl' ? name : { preserving: 'identity', removing: name });
}

function describe(name: string, questions: readonly KnownQuestion<unknown>[]): string {
  const completions = questions.flatMap((question) => question.completions);
  const truths = completions.flatMap(({ truth }) => truth);
  const positives = truths.filter(Boolean).length;
  const kind = name === 'reference' ? 'reference replies' : "the model's own right replies";
  return `${completions.length} ${kind} to ${questions.length} questions; ${positives} of ${truths.length} tokens come from the picture (${((100 * positives) / truths.length).toFixed(1)} %)`;
}

/** Four digits are enough for a file that is kept. */
function rounded(row: DetectionRow): unknown {
  return JSON.parse(
    JSON.stringify(row, (_, value) => (typeof value === 'number' ? Number(value.toFixed(4)) : value)),
  );
}
