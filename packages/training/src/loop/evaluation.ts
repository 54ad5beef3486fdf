import { evaluate, type Outcome, type Report } from '@cppo/bench';
import type { Sample } from '@cppo/dataset';
import { alone, inTime, together } from '@cppo/grpo';
import {
  differenceFromBefore,
  type EvaluationMoment,
  type EvaluationReport,
  evaluationPath,
  isUserError,
  ModuleError,
  type RunDirectory,
  RunStopped,
  readEvaluation,
  UserError,
  writeLeftOut,
  writeWholeFile,
} from '@cppo/run';
import type { Session } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import type { SampleSource } from '../contract/samples.js';
import { Progress } from '../progress/progress.js';
import { answering } from '../prompts/encode-prompt.js';
import { preparePrompt } from '../prompts/prepare-prompt.js';
import { withGroundTruth } from '../samples/ground-truth.js';
import { inParts } from '../step/in-parts.js';
import { notFiniteReason } from '../step/not-finite-reason.js';
import { Questions } from '../step/questions.js';
import { seenSample } from '../step/seen-sample.js';

/**
 * Measures avg@k on the held-out questions, with the same questions and seeds every time.
 *
 * Moments are compared on the same questions, so none may be dropped: a picture that vanished or a reward
 * that cannot judge stops the evaluation, and a resumed run evaluates again.
 *
 * @param session policy, reward and held-out samples.
 * @param directory of the run, which keeps the result.
 * @param moment of the run; an evaluation that it already has is not repeated.
 * @param check called between questions; throws when the run was asked to stop.
 * @returns the figures; undefined when the session has no held-out samples.
 * @throws RunStopped when a question cannot be asked or judged, or the trained model is no longer finite;
 *   NotFiniteError when it was not finite before.
 */
export async function evaluateHeldOut<P extends Encoded>(
  session: Session<P>,
  directory: RunDirectory,
  moment: EvaluationMoment,
  check: () => Promise<void>,
): Promise<Report | undefined> {
  const { openHeldOut } = session;
  if (openHeldOut === undefined) return undefined;
  const known = readEvaluation<Report>(directory.path, moment);
  if (known !== undefined) return known;
  const name = typeof moment === 'number' ? `after step ${moment}` : moment;
  try {
    const { cluster = alone } = session;
    const report = await together(cluster, () => ask(session, openHeldOut, directory, name, check));
    keepEvaluation(directory, moment, report);
    return report;
  } catch (error) {
    const diverged = moment === 'before' ? undefined : notFiniteReason(error);
    if (diverged !== undefined) {
      throw new RunStopped(
        `evaluation ${name}: the last step left a model that is not finite: ${diverged}; ${directory.file('checkpoints')} holds what was done.`,
        { cause: error },
      );
    }
    // A faulty module is wrong input; any other question that cannot be asked or judged stops a valid run.
    if (!isUserError(error) || error instanceof ModuleError) throw error;
    const sentence = error.message.replace(/\.$/, '');
    throw new RunStopped(
      `evaluation ${name}: ${sentence}; progress is kept, resume with: cppo train --resume ${directory.path}`,
      { cause: error },
    );
  }
}

/** Writes an evaluation where the run's page finds it. */
export function keepEvaluation(directory: RunDirectory, moment: EvaluationMoment, report: Report): void {
  writeWholeFile(directory.file(evaluationPath(moment)), `${JSON.stringify(report, null, 2)}\n`);
}

async function ask<P extends Encoded>(
  { config, policy, reward, shown, cluster = alone }: Session<P>,
  openHeldOut: () => Promise<SampleSource>,
  directory: RunDirectory,
  name: string,
  check: () => Promise<void>,
): Promise<Report & Pick<EvaluationReport, 'accuracies'>> {
  const source = await openHeldOut();
  const other = differenceFromBefore(directory.file('data.json'), 'data.eval', source);
  if (other !== undefined) {
    await source.close();
    throw new UserError(`data.eval: found ${other}, expected the same questions before and after`);
  }
  writeLeftOut(directory.file('left-out.jsonl'), 'data.eval', source.skipped);
  const placed = await source.take(0, Math.min(config.evaluation.questions, source.length));
  const progress = new Progress(`evaluation ${name}`, placed.length, { shown: cluster.rank === 0 });
  // Questions of a file may share an id, so their position distinguishes them.
  const sampleAt = (place: string): Sample => placed[Number(place)]!.sample;
  const judge = inTime(reward, config.reward?.timeoutSeconds);
  // As many completions at once as while training.
  const { batch = config.rollout.prompts, completions } = config.rollout;
  const atOnce = Math.max(1, Math.floor((batch * completions) / config.evaluation.samples));
  const questions = new Questions(policy, config.rollout);
  try {
    const { report, outcomes } = await evaluate({
      policy: answering<P>({
        generate: (prompts, options) =>
          inParts(prompts, atOnce, options, (part, seeded) => policy.generate(part, seeded)),
      }),
      samples: placed.map(({ sample }, place) => ({ ...withGroundTruth(sample), id: String(place) })),
      encode: async ({ id }) => {
        await check();
        return (await preparePrompt(policy, sampleAt(id), 0, shown)).encoded;
      },
      reward: async (input) => {
        const question = JSON.stringify(input.question.slice(0, 80));
        const seen = { ...input, ...seenSample(sampleAt(input.id)), ask: questions.ask };
        const result = await Promise.resolve(judge(seen)).catch((error: unknown) => {
          throw new UserError(`reward.function: on question ${question}: ${(error as Error).message}`);
        });
        if (Number.isNaN(result.reward)) {
          const why = result.why ?? 'reward.function: the reward is NaN';
          throw new UserError(`${why}, on question ${question}`);
        }
        return result;
      },
      samplesPerQuestion: config.evaluation.samples,
      temperature: config.evaluation.temperature,
      maxTokens: config.rollout.maxTokens,
      seed: 0,
      learners: cluster,
      onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
    });
    return { ...report, accuracies: outcomes.map(accuracyOf) };
  } finally {
    progress.stop();
    await source.close();
  }
}

/** Mean accuracy of the answers to a question. */
function accuracyOf({ answers }: Outcome): number {
  return answers.reduce((sum, { accuracy }) => sum + accuracy, 0) / answers.length;
}
