import { join } from 'node:path';
import { promptTemplates } from '@cppo/dataset';
import { createPreset, makeViews, seededRandom, type ViewPreset } from '@cppo/perturb';
import { UserError, writeWholeFile } from '@cppo/run';
import { builtinSamples, encodePrompt, heldOutSeed, preparePrompt } from '@cppo/training';
import { detectionMarkdown, detectionPlots } from '../detection/detection-report.js';
import { compareDetectors, type DetectionRow } from '../detection/detectors.js';
import {
  type KnownQuestion,
  referenceCompletions,
  rightCompletions,
} from '../detection/known-completions.js';
import { scoresUnder } from '../detection/scores-under.js';
import { largestOf, sizeOf } from '../memory/prompt-size.js';
import { loadToAnswer } from './load-to-answer.js';
import { openModel } from './open-model.js';
import { makeOutputDirectory } from './output-file.js';

interface DetectionOptions {
  readonly model: string;
  readonly data: string;
  readonly questions: number;
  readonly out: string;
  readonly json?: boolean;
}

const ratios = [0.05, 0.1, 0.25, 0.5, 0.75, 1];
/** Views that take information away, then some that should not: a detector needs the first and must not find much in the second. */
const removing = [
  ...['cppoVerl', 'occlude', 'zoomCrop', 'patchMask', 'blackSquares', 'posterize', 'solarize', 'invert'],
  ...['affine', 'verticalFlip', 'colorJitter', 'perspective', 'rotate', 'gaussianBlur'],
];

/** `cppo bench detection`: how well detected tokens are those that come from the picture (Fig. 6 of the paper, with a ground truth). */
export async function benchDetection(options: DetectionOptions): Promise<void> {
  if (!options.data.startsWith('builtin:')) {
    throw new UserError(
      `--data: found ${options.data}, expected builtin:<task>; only those know their perception tokens.`,
    );
  }
  makeOutputDirectory('--out', options.out);
  const samples = builtinSamples(options.data, heldOutSeed)(0, options.questions);
  const known = await openModel(options.model);
  const prompts = await Promise.all(
    samples.map((sample) => preparePrompt(known.encoder, sample, 0, { template: promptTemplates.question })),
  );
  const { policy } = await loadToAnswer(known, largestOf(prompts.map(({ encoded }) => sizeOf(encoded))), {
    samples: 8,
    maxTokens: 48,
  });
  const sets: Record<string, KnownQuestion[]> = {
    reference: referenceCompletions(policy, prompts),
    own: await rightCompletions(policy, prompts, { samples: 8, maxTokens: 48, seed: 1 }),
  };
  const rows: DetectionRow[] = [];
  for (const [completions, questions] of Object.entries(sets)) {
    if (questions.length === 0) continue;
    const original = await scoresUnder(policy, questions, ({ prompt }) => prompt.encoded);
    for (const name of removing) {
      console.error(`${completions}: ${name}`);
      const preset = presetOf(name);
      const views = questions.map(({ prompt }) =>
        encodePrompt(
          policy,
          prompt.turns,
          prompt.images.map(
            (image, i) => makeViews(image, preset, seededRandom(1, prompt.sample.id, 0, i)).removing[0]!,
          ),
        ),
      );
      const removed = await scoresUnder(policy, questions, (_, i) => views[i]!);
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
    setting: `Model ${options.model}, ${options.data}, ${options.questions} held-out questions. 95 % intervals from resampling questions.`,
    ...Object.fromEntries(Object.entries(sets).map(([name, questions]) => [name, describe(name, questions)])),
  };
  if (options.json) console.log(JSON.stringify({ facts, rows }));
  const write = (name: string, content: string) => {
    writeWholeFile(join(options.out, name), content);
    console.error(join(options.out, name));
  };
  write('detection.json', `${JSON.stringify({ facts, rows: rows.map(rounded) }, null, 2)}\n`);
  write('detection.md', detectionMarkdown(rows, facts));
  for (const [name, svg] of Object.entries(detectionPlots(rows))) write(name, svg);
}

function presetOf(name: string): ViewPreset {
  return createPreset(name === 'cppoVerl' ? name : { preserving: 'identity', removing: name });
}

function describe(name: string, questions: readonly KnownQuestion[]): string {
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
