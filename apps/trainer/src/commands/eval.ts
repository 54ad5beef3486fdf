import { evaluate, formatReports } from '@cppo/bench';
import { createReward } from '@cppo/reward';
import { isBenchmarkSpec } from '../benchmarks/benchmark-spec.js';
import { isBuiltIn } from '../samples/builtin.js';
import { openHeldOutSource } from '../samples/source.js';
import { templateNamed } from '../samples/template.js';
import { Progress } from '../train/progress.js';
import { preparePrompt } from '../train/prompts.js';
import { UserError } from '../user-error.js';
import { openModel } from './open-model.js';

export interface EvalOptions {
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
  const { model, samples } = options;
  const [data = ''] = options.data;
  const short = isBuiltIn(data) || model === 'tiny';
  const maxTokens = options.maxTokens ?? (short ? 32 : 2048);
  if (options.data.every(isBenchmarkSpec)) {
    const { evaluateBenchmarks } = await import('./eval-benchmarks.js');
    return evaluateBenchmarks(options, maxTokens);
  }
  if (options.data.length > 1) {
    throw new UserError(
      `--data: found ${options.data.length} of them, expected one, or several of the form benchmark:<name>.`,
    );
  }
  if (options.out !== undefined) {
    throw new UserError(
      `--out: found ${JSON.stringify(options.out)} with ${data}, expected it only with benchmark:<name>.`,
    );
  }
  const template = templateNamed(options.template, { data, model });
  const policy = await openModel(model);
  const source = await openHeldOutSource(data, { policy, template, maxTokens }, '--data');
  const count = options.questions ?? (Number.isFinite(source.length) ? source.length : 96);
  const placed = await source.take(0, Math.min(count, source.length));
  const progress = new Progress('evaluation', placed.length);
  const { report } = await evaluate({
    policy,
    samples: placed.map(({ sample }) => sample),
    encode: async (sample) => (await preparePrompt(policy, sample, 0, template)).encoded,
    reward: createReward(),
    samplesPerQuestion: samples,
    temperature: options.temperature,
    maxTokens,
    seed: options.seed,
    onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
  });
  progress.stop();
  await source.close();
  console.log(options.json ? JSON.stringify(report, null, 2) : formatReports({ [model]: report }));
}
