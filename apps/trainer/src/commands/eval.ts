import { evaluate, formatReports } from '@cppo/bench';
import { createReward } from '@cppo/reward';
import { openHeldOutSource } from '../samples/source.js';
import { templateNamed } from '../samples/template.js';
import { Progress } from '../train/progress.js';
import { preparePrompt } from '../train/prompts.js';
import { openModel } from './open-model.js';

interface EvalOptions {
  readonly model: string;
  readonly data: string;
  readonly samples: number;
  readonly temperature: number;
  readonly questions?: number;
  readonly maxTokens: number;
  readonly template: string;
  readonly seed: number;
  readonly json?: boolean;
}

/** `cppo eval`: the built-in tasks are endless, so 96 questions are asked of them unless another number is given. */
export async function evaluateModel(options: EvalOptions): Promise<void> {
  const template = templateNamed(options.template, options);
  const source = await openHeldOutSource(options.data);
  const policy = await openModel(options.model);
  const count = options.questions ?? (Number.isFinite(source.length) ? source.length : 96);
  const placed = await source.take(0, Math.min(count, source.length));
  const progress = new Progress('evaluation', placed.length);
  const { report } = await evaluate({
    policy,
    samples: placed.map(({ sample }) => sample),
    encode: async (sample) => (await preparePrompt(policy, sample, 0, template)).encoded,
    reward: createReward(),
    samplesPerQuestion: options.samples,
    temperature: options.temperature,
    maxTokens: options.maxTokens,
    seed: options.seed,
    onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
  });
  progress.stop();
  await source.close();
  console.log(options.json ? JSON.stringify(report, null, 2) : formatReports({ [options.model]: report }));
}
