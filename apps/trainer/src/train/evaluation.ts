import { existsSync, readFileSync } from 'node:fs';
import { evaluate, type Report } from '@cppo/bench';
import type { RunDirectory } from '../run/directory.js';
import { writeWholeFile } from '../run/whole-file.js';
import { readingOf } from '../samples/reading.js';
import { openHeldOutSource } from '../samples/source.js';
import { templateOf } from '../samples/template.js';
import { Progress } from './progress.js';
import { preparePrompt } from './prompts.js';
import type { Session } from './session.js';

/**
 * avg@k on the held-out questions; the same questions and seeds whenever it is asked for.
 *
 * @param name of the file that keeps it: a run that is continued does not evaluate again.
 * @returns nothing when the configuration has no held-out samples.
 */
export async function evaluateHeldOut(
  { config, policy, reward }: Session,
  directory: RunDirectory,
  name: string,
  check: () => Promise<void>,
): Promise<Report | undefined> {
  if (config.data.eval === 'none') return undefined;
  const file = directory.file(`evaluation-${name}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const template = templateOf(config);
  const source = await openHeldOutSource(config.data.eval, readingOf(config, policy));
  const placed = await source.take(0, Math.min(config.evaluation.questions, source.length));
  const progress = new Progress(`evaluation ${name}`, placed.length);
  try {
    const { report } = await evaluate({
      policy,
      samples: placed.map(({ sample }) => sample),
      encode: async (sample) => {
        await check();
        return (await preparePrompt(policy, sample, 0, template)).encoded;
      },
      reward,
      samplesPerQuestion: config.evaluation.samples,
      temperature: config.evaluation.temperature,
      maxTokens: config.rollout.maxTokens,
      seed: 0,
      onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
    });
    writeWholeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    return report;
  } finally {
    progress.stop();
    await source.close();
  }
}
