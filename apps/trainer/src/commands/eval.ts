import { join, resolve } from 'node:path';
import { formatReports } from '@cppo/bench';
import { evaluateResumably, isBenchmarkSpec } from '@cppo/bench/experiments';
import { createReward } from '@cppo/reward';
import { makeOutputDirectory, UserError, writeWholeFile } from '@cppo/run';
import {
  answering,
  checkTemplate,
  chooseAsking,
  Interrupted,
  Interruption,
  largestOf,
  loadToAnswer,
  Progress,
  preparePrompt,
  withGroundTruth,
} from '@cppo/training';
import { openHeldOutSource } from '../data/open-samples.js';
import { askingOf, type EvalOptions } from './eval-options.js';
import { heldArithmetic, heldInWords, openModel } from './open-model.js';

/** `cppo eval`: the built-in tasks are endless, so 96 questions are asked of them unless another number is given. */
export async function evaluateModel(options: EvalOptions): Promise<void> {
  const [data = ''] = options.data;
  if (options.data.every(isBenchmarkSpec)) {
    const { evaluateBenchmarks } = await import('./eval-benchmarks.js');
    return evaluateBenchmarks(options);
  }
  if (options.data.length > 1) {
    throw new UserError(
      `--data: found ${options.data.length} of them, expected one, or several of the form benchmark:<name>.`,
    );
  }
  const out = options.out === undefined ? undefined : resolve(options.out);
  makeOutputDirectory('--out', out);
  const interruption = new Interruption();
  try {
    await evaluateSamples(data, options, out, interruption);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.error(
      out === undefined
        ? 'Stopped; with --out the answers would have been kept.'
        : `Stopped; the answers so far are in ${out}. The same command resumes.`,
    );
    process.exitCode = error.exitCode;
  } finally {
    interruption.dispose();
  }
}

async function evaluateSamples(
  data: string,
  options: EvalOptions,
  out: string | undefined,
  interruption: Interruption,
): Promise<void> {
  const { model, samples: samplesPerQuestion, temperature, seed } = options;
  checkTemplate(options.template);
  const known = await openModel(model, options, ['generate']);
  const { encoder } = known;
  const { showing, maxTokens, chosen, settings: asked } = chooseAsking(encoder, data, askingOf(options));
  const source = await openHeldOutSource(
    data,
    { policy: encoder, showing, maxTokens, prefix: '--' },
    '--data',
  );
  for (const line of chosen) console.error(line);
  const count = options.questions ?? (Number.isFinite(source.length) ? source.length : 96);
  const placed = await source.take(0, Math.min(count, source.length));
  // Questions that cannot be read are named when their turn comes.
  const looked = await Promise.allSettled(
    placed.slice(0, 16).map(({ sample }) => preparePrompt(encoder, sample, 0, showing)),
  );
  const sizes = looked.flatMap((each) =>
    each.status === 'fulfilled' ? [known.sizeOf(each.value.encoded)] : [],
  );
  const { policy, generator } = await loadToAnswer(known, largestOf(sizes), {
    samples: samplesPerQuestion,
    maxTokens,
  });
  const settings = {
    ...{ model, data, samples: samplesPerQuestion, temperature, seed },
    ...asked,
    ...heldArithmetic(policy, options),
  };
  try {
    const { report } = await evaluateResumably({
      title: 'evaluation',
      policy: answering(generator),
      samples: placed.map(({ sample }) => withGroundTruth(sample)),
      encode: async (sample) => (await preparePrompt(encoder, sample, 0, showing)).encoded,
      reward: createReward(),
      ...{ samplesPerQuestion, temperature, maxTokens, seed, settings },
      ...(out !== undefined && { answersFile: join(out, 'answers.jsonl') }),
      signal: interruption.signal,
      showProgress: (title, total) => new Progress(title, total),
    });
    if (out !== undefined) {
      const skipped = source.skipped.map(({ row, reason }) => ({ row, reason }));
      writeWholeFile(
        join(out, 'report.json'),
        `${JSON.stringify({ ...report, skipped, settings }, null, 2)}\n`,
      );
      console.error(out);
    }
    console.log(
      options.json
        ? JSON.stringify({ ...report, settings }, null, 2)
        : [formatReports({ [model]: report }), ...heldInWords(settings)].join('\n'),
    );
  } finally {
    await source.close();
  }
}
