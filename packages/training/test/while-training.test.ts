import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  newestCheckpoint,
  RunDirectory,
  readEvaluatedSteps,
  readEvaluation,
  readMetrics,
  readRun,
  SessionLog,
  type StepMetrics,
  sessionsFile,
  writeWholeFile,
} from '@cppo/run';
import {
  carryOut,
  type Encoded,
  findCheckpoint,
  Interrupted,
  openHeldOutSource,
  restoreOptimizer,
  runTraining,
  type Session,
} from '@cppo/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GuessPolicy } from '../examples/guess-policy.js';
import { samples, sessionOf } from '../examples/own-run.js';

const scratch = mkdtempSync(join(tmpdir(), 'cppo-while-training-'));
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(scratch, { recursive: true }));

let policy: GuessPolicy | undefined;
afterEach(() => {
  policy?.dispose();
  policy = undefined;
});

interface Told {
  readonly evaluated: readonly StepMetrics[];
  readonly evaluations: StepMetrics[];
}

interface Wished {
  readonly steps?: number;
  readonly every?: number;
  readonly patience?: number;
  readonly best?: boolean;
  readonly learningRate?: number;
}

/** A run with held-out questions; `told` is what a logger hears of them. */
async function opened(wished: Wished, from?: string): Promise<{ session: Session<Encoded>; told: Told[] }> {
  policy?.dispose();
  policy = new GuessPolicy();
  if (from !== undefined) {
    const logits = JSON.parse(readFileSync(join(from, 'model', 'logits.json'), 'utf8'));
    policy.logits.assign(tf.tensor1d(logits));
  }
  const session = await sessionOf(policy);
  const { steps = 5, every = 2, patience = 0, best = false, learningRate = 0.5 } = wished;
  const { config } = session;
  const told: Told[] = [];
  return {
    told,
    session: {
      ...session,
      config: {
        ...config,
        steps,
        optimizer: { learningRate },
        evaluation: { questions: 4, samples: 16, temperature: 1, every, patience },
        checkpoint: { ...config.checkpoint, best },
      },
      openHeldOut: () => openHeldOutSource(samples),
      loggers: [
        {
          start: ({ evaluated }) => void told.push({ evaluated, evaluations: [] }),
          step: () => {},
          evaluation: (metrics) => void told.at(-1)?.evaluations.push(metrics),
        },
      ],
    },
  };
}

const create = (name: string) => RunDirectory.create(join(scratch, name), { exact: true });
const kept = (root: string) =>
  newestCheckpoint(root, (_, reason) => {
    throw new Error(reason);
  });
const stepsOf = (directory: string) => readEvaluatedSteps(directory).map(({ step }) => step);
const accuracies = (directory: string) => readEvaluatedSteps(directory).map(({ report }) => report.avg.value);

describe('evaluation while it trains', () => {
  it('comes after every so many steps and after the last, and loggers hear of it', async () => {
    const { session, told } = await opened({});
    const directory = create('every');
    expect(await runTraining(session, directory, 0)).toEqual({ done: 5 });
    // A finished run that is begun again tells none twice.
    await runTraining(session, directory, 5);
    directory.unlock();
    expect(told[1]?.evaluations).toEqual([]);
    expect(told[1]?.evaluated.map(({ step }) => step)).toEqual([2, 4, 5]);
    expect(stepsOf(directory.path)).toEqual([2, 4, 5]);
    expect(told[0]?.evaluations.map(({ step }) => step)).toEqual([2, 4, 5]);
    expect(told[0]?.evaluations.map((metrics) => metrics['evaluation/accuracy'])).toEqual(
      accuracies(directory.path),
    );
    expect(existsSync(directory.file('best'))).toBe(false);
  });

  it('measures process memory and processors at each step', async () => {
    const { session } = await opened({ steps: 2, every: 0 });
    const directory = create('process');
    await runTraining(session, directory, 0);
    directory.unlock();
    for (const metrics of readMetrics(directory.file('metrics.jsonl'))) {
      expect(metrics['process/memory']).toBeGreaterThan(0.01);
      expect(metrics['process/memory']).toBeLessThan(64);
      expect(metrics['process/processor']).toBeGreaterThan(0);
      expect(metrics['process/processor']).toBeLessThanOrEqual(1);
    }
  });

  it('that is interrupted is made when the run goes on, to the same figures', async () => {
    const whole = create('whole');
    const first = await opened({ best: true });
    await runTraining(first.session, whole, 0);
    whole.unlock();

    const path = join(scratch, 'broken-off');
    const directory = RunDirectory.create(path, { exact: true });
    const stopped = await opened({ best: true });
    // After two steps the next check is before the first question.
    const check = async () => {
      if (readMetrics(directory.file('metrics.jsonl')).length === 2) throw new Interrupted('SIGINT');
    };
    await expect(runTraining(stopped.session, directory, 0, check)).rejects.toThrow(Interrupted);
    expect(readMetrics(directory.file('metrics.jsonl'))).toHaveLength(2);
    expect(stepsOf(path)).toEqual([]);

    const checkpoint = findCheckpoint(directory);
    expect(checkpoint?.state.step).toBe(2);
    const resumed = await opened({ best: true }, checkpoint?.directory);
    await restoreOptimizer(resumed.session.optimizer, checkpoint?.directory ?? '');
    await runTraining(resumed.session, directory, 2);
    directory.unlock();
    expect(readEvaluatedSteps(path)).toEqual(readEvaluatedSteps(whole.path));
    expect(kept(directory.file('best'))?.state).toEqual(kept(whole.file('best'))?.state);
  });

  it('is dropped with the steps that run again', async () => {
    const { session, told } = await opened({ steps: 4 });
    const directory = create('again');
    await runTraining(session, directory, 0);
    const fourth = readEvaluation(directory.path, 4);
    writeWholeFile(directory.file('evaluations', 'step-000006.json'), '{}');
    const from = directory.file('checkpoints', 'step-000003');
    const again = await opened({ steps: 4 }, from);
    await restoreOptimizer(again.session.optimizer, from);
    await runTraining(again.session, directory, 3);
    directory.unlock();
    expect(stepsOf(directory.path)).toEqual([2, 4]);
    expect(readEvaluation(directory.path, 4)).toEqual(fourth);
    expect(told[0]?.evaluated).toEqual([]);
    expect(again.told[0]?.evaluated.map(({ step }) => step)).toEqual([2]);
    expect(again.told[0]?.evaluations.map(({ step }) => step)).toEqual([4]);
  });
});

describe('the best checkpoint', () => {
  it('is the one of the highest accuracy, by itself', async () => {
    const { session } = await opened({ steps: 8, best: true });
    const directory = create('best');
    await runTraining(session, directory, 0);
    directory.unlock();
    const values = accuracies(directory.path);
    const best = stepsOf(directory.path)[values.indexOf(Math.max(...values))] ?? 0;
    expect(readdirSync(directory.file('best'))).toEqual([`step-${String(best).padStart(6, '0')}`]);
    expect(kept(directory.file('best'))?.state.step).toBe(best);
    expect(kept(directory.file('checkpoints'))?.state.step).toBe(8);
  });
});

describe('patience', () => {
  it('ends a run whose accuracy no longer rises, which then is finished', async () => {
    // A rate that moves nothing: the same questions and seeds give the same answers.
    const { session } = await opened({ steps: 9, every: 1, patience: 2, learningRate: 1e-9 });
    const directory = create('patience');
    writeWholeFile(directory.file('config.json'), JSON.stringify(session.config));
    const asked = vi.spyOn(session.policy, 'generate');
    const log = new SessionLog(directory.file(sessionsFile), { first: 0, engine: 'cpu', version: '0' });
    const result = await carryOut(session, directory, 0, log);
    directory.unlock();
    // Three steps, and four evaluations of two parts each: the last one is also the one after.
    expect(asked).toHaveBeenCalledTimes(3 + 4 * 2);
    const reason =
      'stopped early: held-out accuracy was best after step 1 and no better in 2 evaluations since';
    expect(result).toMatchObject({ ended: reason });
    expect(readMetrics(directory.file('metrics.jsonl'))).toHaveLength(3);
    expect(readEvaluation(directory.path, 'after')).toEqual(readEvaluation(directory.path, 3));
    const page = readRun(directory.path);
    expect(page.status).toMatchObject({ state: 'finished', reason });
    expect(page.heldOut.steps).toEqual([0, 1, 2, 3]);
  });
});
