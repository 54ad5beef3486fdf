import { join } from 'node:path';
import { detectionFiles, measureDetection, ownAnswers } from '@cppo/bench/experiments';
import { promptTemplates } from '@cppo/dataset';
import type { RgbImage } from '@cppo/perturb';
import { makeOutputDirectory, UserError, writeWholeFile } from '@cppo/run';
import {
  builtinSamples,
  encodePrompt,
  heldOutSeed,
  largestOf,
  loadToAnswer,
  preparePrompt,
} from '@cppo/training';
import { type ModelChoice, openModel } from './open-model.js';

interface DetectionOptions extends Pick<ModelChoice, 'policy'> {
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
  makeOutputDirectory('--out', out);
  const samples = builtinSamples(data, heldOutSeed)(0, questions);
  const known = await openModel(model, options, [
    ...(['generate', 'score', 'tokenizer.encode', 'tokenizer.decode', 'tokenizer.tokenId'] as const),
  ]);
  const { encoder } = known;
  const prompts = await Promise.all(
    samples.map(async (sample) => {
      const showing = { template: promptTemplates.question };
      const { images, encoded, turns } = await preparePrompt(encoder, sample, 0, showing);
      return {
        sample,
        images,
        encoded,
        encode: (seen: readonly RgbImage[]) => encodePrompt(encoder, turns, seen),
      };
    }),
  );
  const largest = largestOf(prompts.map(({ encoded }) => known.sizeOf(encoded)));
  const { policy } = await loadToAnswer(known, largest, ownAnswers);
  const { tokenizer } = policy;
  const encode = tokenizer.encode?.bind(tokenizer);
  const endToken = tokenizer.tokenId?.('<|im_end|>');
  if (encode === undefined || endToken === undefined) {
    throw new UserError(`--model: the tokenizer of ${model} has no <|im_end|>, which ends an answer.`);
  }
  const detection = await measureDetection({
    policy,
    tokenizer: { encode, decode: (ids) => tokenizer.decode([...ids]) },
    endToken,
    prompts,
    setting: `Model ${model}, ${data}, ${questions} held-out questions. 95 % intervals from resampling questions.`,
    onView: (completions, view) => console.error(`${completions}: ${view}`),
  });
  if (options.json) console.log(JSON.stringify(detection));
  for (const [name, content] of Object.entries(detectionFiles(detection))) {
    writeWholeFile(join(out, name), content);
    console.error(join(out, name));
  }
}
