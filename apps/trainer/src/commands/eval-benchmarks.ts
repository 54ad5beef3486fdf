import { basename, join, resolve } from 'node:path';
import {
  type BenchmarkQuestions,
  type BenchmarkResult,
  benchmarksInWords,
  type ChosenBenchmark,
  readBenchmarkSpecs,
  runBenchmark,
  summarizeBenchmarks,
} from '@cppo/bench/experiments';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { makeOutputDirectory, writeWholeFile } from '@cppo/run';
import {
  answering,
  checkTemplate,
  chooseAsking,
  Interrupted,
  Interruption,
  loadToAnswer,
  Progress,
  preparePrompt,
  type ReadingOptions,
} from '@cppo/training';
import { openHeldOutSource } from '../data/open-samples.js';
import { askingOf, type EvalOptions } from './eval-options.js';
import { heldArithmetic, heldInWords, openModel } from './open-model.js';

/** A question with a picture of 1280 image tokens, at which common processors of Qwen2.5-VL stop. */
const USUAL_PROMPT = { tokens: 1536, patches: 5120 };

/**
 * `cppo eval --data benchmark:…`: a result file for each benchmark, and the paper's figure, the plain mean of their accuracies.
 * Answers are written at once: the same command resumes where it was stopped.
 */
export async function evaluateBenchmarks(options: EvalOptions): Promise<void> {
  const chosen = readBenchmarkSpecs(options.data);
  const out = resolve(options.out ?? join('runs', `eval-${basename(resolve(options.model))}`));
  checkTemplate(options.template);
  makeOutputDirectory('--out', out);
  const known = await openModel(options.model, options, ['generate']);
  const {
    showing,
    maxTokens,
    chosen: asking,
    settings: asked,
  } = chooseAsking(known.encoder, options.data[0], askingOf(options));
  for (const line of asking) console.error(line);
  const { samples, temperature, seed, questions } = options;
  const { policy, generator } = await loadToAnswer(known, USUAL_PROMPT, { samples, maxTokens });
  const arithmetic = heldArithmetic(policy, options);
  const interruption = new Interruption();
  const results: BenchmarkResult[] = [];
  try {
    for (const each of chosen) {
      const { name } = each.benchmark;
      const result = await runBenchmark(each, {
        policy: answering(generator),
        openQuestions: (each, most) =>
          openQuestions(each, most, { policy: known.encoder, showing, maxTokens, prefix: '--' }),
        ...{ samples, temperature, maxTokens, seed, questions },
        answersFile: join(out, `${name}.answers.jsonl`),
        settings: {
          ...{ model: options.model, data: each.spec, samples, temperature, seed },
          ...asked,
          ...arithmetic,
        },
        signal: interruption.signal,
        showProgress: (title, total) => new Progress(title, total),
      });
      writeWholeFile(join(out, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
      results.push(result);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.error(`Stopped; the answers so far are in ${out}. The same command resumes.`);
    process.exitCode = error.exitCode;
    return;
  } finally {
    interruption.dispose();
  }
  const { average, complete, benchmarks } = summarizeBenchmarks(results);
  const summary = { average, complete, arithmetic, benchmarks };
  writeWholeFile(join(out, 'average.json'), `${JSON.stringify(summary, null, 2)}\n`);
  console.error(out);
  console.log(
    options.json
      ? JSON.stringify({ ...summary, benchmarks: results }, null, 2)
      : [benchmarksInWords(results), ...heldInWords(arithmetic)].join('\n'),
  );
}

async function openQuestions(
  { benchmark, spec }: ChosenBenchmark,
  most: number | undefined,
  reading: ReadingOptions<EncodedPrompt>,
): Promise<BenchmarkQuestions<EncodedPrompt>> {
  const source = await openHeldOutSource(
    { name: spec, layout: benchmark.name },
    reading,
    `--data benchmark:${benchmark.name}`,
  );
  const placed = await source.take(0, Math.min(most ?? source.length, source.length));
  return {
    samples: placed.map(({ sample }) => sample),
    skipped: source.skipped,
    encode: async (sample) => (await preparePrompt(reading.policy, sample, 0, reading.showing)).encoded,
    close: () => source.close(),
  };
}
