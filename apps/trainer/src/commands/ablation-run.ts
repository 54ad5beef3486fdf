import type { ConfiguredRun, HeldOutQuestions, OpenedRun } from '@cppo/bench/experiments';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import type { RunDirectory } from '@cppo/run';
import { findCheckpoint, isBuiltIn, preparePrompt, restoreOptimizer, runTraining } from '@cppo/training';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { type ConfiguredSamples, openHeldOutSource } from '../data/open-samples.js';
import { openSession, type Session } from '../session/session.js';

/** The training loop of `cppo train`, as an ablation takes it. */
export async function configureRun(set: readonly string[]): Promise<ConfiguredRun<EncodedPrompt>> {
  const { config } = await loadConfig({ set });
  return {
    steps: config.steps,
    samplesPerQuestion: config.evaluation.samples,
    // A custom data set has one split.
    splits: isBuiltIn(config.data.eval) ? ['in-domain', 'out-of-domain'] : ['in-domain'],
    config,
    open: (directory) => openRun(config, directory),
  };
}

async function openRun(config: Config, directory: RunDirectory): Promise<OpenedRun<EncodedPrompt>> {
  const checkpoint = findCheckpoint(directory);
  const session = await openSession(config, checkpoint?.directory);
  return {
    engine: session.engine.description,
    async train(check) {
      if (checkpoint !== undefined) await restoreOptimizer(session.optimizer, checkpoint.directory);
      await runTraining(session, directory, checkpoint?.state.step ?? 0, check);
    },
    openQuestions: (split) => openQuestions(session, splitOf(config.data.eval, split)),
    close: () => session.source.close(),
  };
}

function splitOf(spec: ConfiguredSamples, split: string): ConfiguredSamples {
  if (split === 'in-domain') return spec;
  return `${spec}${String(spec).includes('?') ? '&' : '?'}split=${split}`;
}

async function openQuestions(
  { config, policy, reward, shown }: Session,
  spec: ConfiguredSamples,
): Promise<HeldOutQuestions<EncodedPrompt>> {
  const source = await openHeldOutSource(spec);
  const placed = await source.take(0, Math.min(config.evaluation.questions, source.length));
  return {
    policy,
    questions: placed.map(({ sample }) => ({
      sample,
      encode: async () => (await preparePrompt(policy, sample, 0, shown)).encoded,
    })),
    reward,
    temperature: config.evaluation.temperature,
    maxTokens: config.rollout.maxTokens,
    close: () => source.close(),
  };
}
