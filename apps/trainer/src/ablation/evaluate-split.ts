import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { evaluate, type Outcome, type Split } from '@cppo/bench';
import type { RunDirectory } from '@cppo/run';
import { Progress, preparePrompt } from '@cppo/training';
import { openHeldOutSource } from '../data/open-samples.js';
import type { Session } from '../session/session.js';

/** What names held-out samples. */
export type HeldOut = Parameters<typeof openHeldOutSource>[0];

/** The held-out questions of each split; a data set of one's own has one split. */
export function heldOutSplits(spec: HeldOut): [Split, HeldOut][] {
  if (typeof spec !== 'string' || !spec.startsWith('builtin:')) return [['in-domain', spec]];
  const outside = `${spec}${spec.includes('?') ? '&' : '?'}split=out-of-domain`;
  return [
    ['in-domain', spec],
    ['out-of-domain', outside],
  ];
}

/** Answers to the held-out questions, each kept in a file as it comes, so that an interrupted evaluation goes on. */
export async function evaluateSplit(
  { config, policy, reward, shown }: Session,
  directory: RunDirectory,
  split: Split,
  spec: HeldOut,
  check: () => Promise<void>,
): Promise<readonly Outcome[]> {
  const file = directory.file(`outcomes-${split}.jsonl`);
  const source = await openHeldOutSource(spec);
  const placed = await source.take(0, Math.min(config.evaluation.questions, source.length));
  const progress = new Progress(split, placed.length);
  try {
    const { outcomes } = await evaluate({
      policy,
      samples: placed.map(({ sample }) => sample),
      encode: async (sample) => {
        await check();
        return (await preparePrompt(policy, sample, 0, shown)).encoded;
      },
      reward,
      samplesPerQuestion: config.evaluation.samples,
      temperature: config.evaluation.temperature,
      maxTokens: config.rollout.maxTokens,
      seed: 0,
      known: keptOutcomes(file),
      onOutcome: (outcome) => appendFileSync(file, `${JSON.stringify(outcome)}\n`),
      onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
    });
    return outcomes;
  } finally {
    progress.stop();
    await source.close();
  }
}

function keptOutcomes(file: string): Outcome[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Outcome];
      } catch {
        return [];
      }
    });
}
