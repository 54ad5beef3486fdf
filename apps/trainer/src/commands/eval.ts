import { join, resolve } from 'node:path';
import { evaluate, formatReports, type Outcome } from '@cppo/bench';
import type { Sample } from '@cppo/dataset';
import { createReward } from '@cppo/reward';
import { AnswersFile } from '../benchmarks/answers-file.js';
import { isBenchmarkSpec } from '../benchmarks/benchmark-spec.js';
import { writeWholeFile } from '../run/whole-file.js';
import { withGroundTruth } from '../samples/ground-truth.js';
import type { PictureSettings } from '../samples/showing.js';
import { openHeldOutSource } from '../samples/source.js';
import { Interrupted, Interruption } from '../train/interruption.js';
import { Progress } from '../train/progress.js';
import { answering, preparePrompt } from '../train/prompts.js';
import { UserError } from '../user-error.js';
import { checkTemplate, chooseAsking } from './choose-asking.js';
import { type EngineChoice, openModel } from './open-model.js';
import { makeOutputDirectory } from './output-file.js';

export interface EvalOptions extends EngineChoice, PictureSettings {
  readonly model: string;
  readonly data: readonly string[];
  readonly samples: number;
  readonly temperature: number;
  readonly questions?: number;
  readonly maxTokens?: number;
  readonly template: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

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
        : `Stopped; the answers so far are in ${out}. The same command goes on.`,
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
  const policy = await openModel(model, options);
  const { showing, maxTokens, chosen, settings: asked } = chooseAsking(policy, data, options);
  const settings = { ...{ model, data, samples: samplesPerQuestion, temperature, seed }, ...asked };
  const source = await openHeldOutSource(data, { policy, showing, maxTokens, prefix: '--' }, '--data');
  for (const line of chosen) console.error(line);
  const kept = out === undefined ? undefined : new AnswersFile(join(out, 'answers.jsonl'), settings);
  const count = options.questions ?? (Number.isFinite(source.length) ? source.length : 96);
  const placed = await source.take(0, Math.min(count, source.length));
  const progress = new Progress('evaluation', placed.length);
  // Questions of a file may share an id, so they are told apart by their place.
  const sampleAt = (place: string): Sample => placed[Number(place)]!.sample;
  try {
    const { report } = await evaluate({
      policy: answering(policy),
      samples: placed.map(({ sample }, place) => ({ ...withGroundTruth(sample), id: String(place) })),
      encode: async ({ id }) => {
        await interruption.check();
        return (await preparePrompt(policy, sampleAt(id), 0, showing)).encoded;
      },
      reward: createReward(),
      samplesPerQuestion,
      temperature,
      maxTokens,
      seed,
      known: kept?.known ?? [],
      onOutcome: (outcome) => kept?.append({ ...outcome, sample: sampleAt(outcome.id).id } as Outcome),
      onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
      signal: interruption.signal,
    });
    progress.stop();
    if (out !== undefined) {
      const skipped = source.skipped.map(({ row, reason }) => ({ row, reason }));
      writeWholeFile(
        join(out, 'report.json'),
        `${JSON.stringify({ ...report, skipped, settings }, null, 2)}\n`,
      );
      console.error(out);
    }
    console.log(options.json ? JSON.stringify(report, null, 2) : formatReports({ [model]: report }));
  } finally {
    progress.stop();
    await source.close();
  }
}
