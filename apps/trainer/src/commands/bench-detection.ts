import { join } from 'node:path';
import { detectionFiles, type KnownSample, measureDetection, ownAnswers } from '@cppo/bench/experiments';
import { promptTemplates } from '@cppo/dataset';
<<<<<<< HEAD
import { createPreset, makeViews, seededRandom, type ViewPreset } from '@cppo/perturb';
import { QwenPolicy } from '@cppo/policy-qwen';
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
import { largestOf } from '../memory/prompt-size.js';
=======
import { UserError, writeWholeFile } from '@cppo/run';
import { builtinSamples, encodePrompt, heldOutSeed, preparePrompt } from '@cppo/training';
import { largestOf, sizeOf } from '../memory/prompt-size.js';
>>>>>>> main
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

/** `cppo bench detection`: how well detected tokens are those that come from the picture (Fig. 6 of the paper, with a ground truth). */
export async function benchDetection(options: DetectionOptions): Promise<void> {
  const { model, data, questions, out } = options;
  if (!data.startsWith('builtin:')) {
    throw new UserError(
      `--data: found ${data}, expected builtin:<task>; only those know their perception tokens.`,
    );
  }
<<<<<<< HEAD
  makeOutputDirectory('--out', options.out);
  const samples = builtinSamples(options.data, heldOutSeed)(0, options.questions);
  const known = await openModel(options.model, {}, ['generate', 'score']);
  const prompts = await Promise.all(
    samples.map((sample) => preparePrompt(known.encoder, sample, 0, { template: promptTemplates.question })),
  );
  const { policy } = await loadToAnswer(
    known,
    largestOf(prompts.map(({ encoded }) => known.sizeOf(encoded))),
    {
      samples: 8,
      maxTokens: 48,
    },
  );
  if (!(policy instanceof QwenPolicy)) {
    throw new UserError(`--model: found ${options.model} with a policy of its own, expected a Qwen2.5-VL.`);
  }
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
=======
  makeOutputDirectory('--out', out);
  const samples = builtinSamples(data, heldOutSeed)(0, questions);
  const known = await openModel(model);
  const prompts = await Promise.all(
    samples.map((sample) => preparePrompt(known.encoder, sample, 0, { template: promptTemplates.question })),
  );
  const largest = largestOf(prompts.map(({ encoded }) => sizeOf(encoded)));
  const { policy } = await loadToAnswer(known, largest, ownAnswers);
  const endToken = policy.tokenizer.tokenId('<|im_end|>');
  if (endToken === undefined) {
    throw new UserError(`--model: the tokenizer of ${model} has no <|im_end|>, which ends an answer.`);
  }
  const detection = await measureDetection({
    policy,
    tokenizer: policy.tokenizer,
    endToken,
    prompts: prompts.map(({ sample, images, encoded, turns }) => ({
      sample: sample as unknown as KnownSample,
      images,
      encoded,
      encode: (seen) => encodePrompt(policy, turns, seen),
    })),
    setting: `Model ${model}, ${data}, ${questions} held-out questions. 95 % intervals from resampling questions.`,
    onView: (completions, view) => console.error(`${completions}: ${view}`),
  });
  if (options.json) console.log(JSON.stringify(detection));
  for (const [name, content] of Object.entries(detectionFiles(detection))) {
    writeWholeFile(join(out, name), content);
    console.error(join(out, name));
>>>>>>> main
  }
}
