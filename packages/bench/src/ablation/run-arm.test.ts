import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReward } from '@cppo/reward';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { armNamed } from './plan.js';
import { appendResult, readResults } from './results-file.js';
import { type Ablation, configureArm, describeProgress, runArm } from './run-arm.js';
import { ablationFiles } from './table-files.js';
import type { ConfiguredRun } from './training-loop.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-ablation-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A loop without a model: it "trains" by logging a step, and answers with what its settings say. */
class FakeLoop {
  readonly said: string[] = [];
  answer = '\\boxed{3}';
  questions = ['1 + 2', '2 + 2'];

  readonly configure = async (settings: readonly string[]): Promise<ConfiguredRun<string>> => {
    const config = Object.fromEntries(settings.map((setting) => setting.split(/=(.*)/, 2)));
    return {
      steps: Number(config.steps),
      samplesPerQuestion: Number(config['evaluation.samples']),
      splits: ['in-domain', 'out-of-domain'],
      config,
      open: async (directory) => ({
        engine: 'none',
        train: async (check) => {
          this.said.push('train');
          for (let step = 1; step <= Number(config.steps); step++) {
            await check();
            const line = { step, 'seconds/step': step, 'reward/accuracy': 0.25 * step };
            writeFileSync(directory.file('metrics.jsonl'), `${JSON.stringify(line)}\n`, { flag: 'a' });
          }
        },
        openQuestions: async (split) => ({
          policy: {
            generate: async (prompts, { completions }) => {
              this.said.push(`${split}: ${prompts.join(', ')}`);
              const answer = { tokens: [1], text: this.answer, truncated: false };
              return prompts.map(() => Array.from({ length: completions }, () => answer));
            },
          },
          reward: createReward(),
          maxTokens: 4,
          questions: this.questions.map((question, i) => ({
            sample: { id: `${split}-${i}`, question, answer: String(i + 3) },
            encode: () => `<${question}>`,
          })),
          close: async () => {
            this.said.push(`${split} closed`);
          },
        }),
        close: async () => {
          this.said.push('closed');
        },
      }),
    };
  };
}

const ablationOf = (loop: FakeLoop): Ablation<string> => ({
  protocol: ['steps=3', 'evaluation.samples=8'],
  results: join(root, 'results.jsonl'),
  cost: join(root, 'cost.json'),
  runs: join(root, 'runs'),
  configure: loop.configure,
});

const grpo = { arm: armNamed('grpo'), seed: 2 };

describe('an arm', () => {
  it('is trained, asked both splits, recorded, and not run again', async () => {
    const loop = new FakeLoop();
    const ablation = ablationOf(loop);
    expect(await describeProgress(grpo, ablation)).toBe('to do (in-domain, out-of-domain)');
    expect(await runArm(grpo, ablation)).toBe(true);
    expect(loop.said).toEqual([
      'train',
      'in-domain: <1 + 2>, <2 + 2>',
      'in-domain closed',
      'out-of-domain: <1 + 2>, <2 + 2>',
      'out-of-domain closed',
      'closed',
    ]);
    const [record] = readResults(ablation.results);
    // One of two questions is right in all 8 answers; medians and sums of 1, 2 and 3 seconds; accuracies 0.25, 0.5, 0.75.
    expect(record).toMatchObject({
      ...{ arm: 'grpo', seed: 2, split: 'in-domain', avg8: 0.5, pass8: 0.5, correct: { all: '80' } },
      ...{ steps: 3, seconds: 6, secondsPerStep: 2, curve: [0.5], engine: 'none' },
      ...{ protocol: ablation.protocol, settings: ['objective.type=grpo'] },
    });
    expect(await describeProgress(grpo, ablation)).toBe('done');
    expect(await runArm(grpo, ablation)).toBe(false);
    expect(loop.said).toHaveLength(6);
    expect(Object.keys(ablationFiles(ablation.results))).toEqual(['tables.md', 'learning-curves.svg']);
  });

  it('that was stopped goes on: what is answered is not asked again, and another configuration is refused', async () => {
    const loop = new FakeLoop();
    const ablation = ablationOf(loop);
    let checks = 0;
    const stop = async () => {
      checks++;
      // 3 steps and 2 questions pass; it stops in the second split.
      if (checks > 5) throw new Error('stopped');
    };
    await expect(runArm(grpo, ablation, stop)).rejects.toThrow('stopped');
    expect(await describeProgress(grpo, ablation)).toBe('to do (out-of-domain)');
    expect(loop.said.at(-1)).toBe('closed');

    const other = { ...ablation, protocol: [...ablation.protocol, 'more=1'] };
    await expect(runArm(grpo, other)).rejects.toThrow(
      `--runs: ${join(root, 'runs', 'grpo-seed2')} holds a run with other settings; remove it`,
    );
    loop.said.length = 0;
    expect(await runArm(grpo, ablation)).toBe(true);
    expect(loop.said).not.toContain('in-domain: <1 + 2>, <2 + 2>');
    expect(readResults(ablation.results).map(({ split }) => split)).toEqual(['in-domain', 'out-of-domain']);
    const left = readdirSync(join(root, 'runs', 'grpo-seed2'));
    expect(left).not.toContain('checkpoints');
    expect(left).not.toContain('run.lock');
  });

  it('that was stopped amid a split asks the rest of its questions', async () => {
    const loop = new FakeLoop();
    // 16 are asked at once.
    loop.questions = Array.from({ length: 18 }, (_, i) => `${i} + 3`);
    const ablation = ablationOf(loop);
    let checks = 0;
    const stop = async () => {
      if (++checks > 3 + 16) throw new Error('stopped');
    };
    await expect(runArm(grpo, ablation, stop)).rejects.toThrow('stopped');
    loop.said.length = 0;
    await runArm(grpo, ablation);
    expect(loop.said[1]).toBe('in-domain: <16 + 3>, <17 + 3>');
    // Of all 18 the answer to the first one, 3, is right.
    expect(readResults(ablation.results)[0]!.correct).toEqual({ all: `8${'0'.repeat(17)}` });
  });

  it('of no training is only asked', async () => {
    const loop = new FakeLoop();
    await runArm({ arm: armNamed('start'), seed: 0 }, ablationOf(loop));
    expect(loop.said).not.toContain('train');
    expect(readResults(ablationOf(loop).results)[0]).toMatchObject({ steps: 0, seconds: 0, curve: [] });
  });

  it('has eight answers to a question', async () => {
    const ablation = { ...ablationOf(new FakeLoop()), protocol: ['steps=3', 'evaluation.samples=4'] };
    await expect(runArm(grpo, ablation)).rejects.toThrow(
      "evaluation.samples: found 4, expected 8, the k of the results' avg@8.",
    );
    expect(existsSync(join(root, 'runs'))).toBe(false);
  });

  it('of equal time has as many steps as fit into the time of CPPO', async () => {
    const ablation = ablationOf(new FakeLoop());
    const run = { arm: armNamed('grpo-equal-time'), seed: 1 };
    expect(await describeProgress(run, ablation)).toBe(`needs ${ablation.cost}`);
    await expect(configureArm(run, ablation)).rejects.toThrow('measure the cost first');
    const seconds = { cppo: { seconds: 3 }, grpo: { seconds: 1.5 } };
    writeFileSync(ablation.cost, JSON.stringify({ objectives: seconds }));
    expect((await configureArm(run, ablation)).steps).toBe(6);
  });
});

describe('the results file', () => {
  it('misses what was run under another protocol', async () => {
    const ablation = ablationOf(new FakeLoop());
    await runArm(grpo, ablation);
    const other = { ...ablation, protocol: ['steps=2', 'evaluation.samples=8'] };
    expect(await describeProgress(grpo, other)).toBe('to do (in-domain, out-of-domain)');
  });

  it('drops the piece that a kill left before a line is added', async () => {
    const ablation = ablationOf(new FakeLoop());
    await runArm(grpo, ablation);
    const [first] = readResults(ablation.results);
    const path = join(root, 'cut.jsonl');
    appendResult(path, first!);
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"arm":"cp`);
    appendResult(path, { ...first!, split: 'out-of-domain' });
    expect(readResults(path).map(({ split }) => split)).toEqual(['in-domain', 'out-of-domain']);
    writeFileSync(path, 'nonsense\n{}\n');
    expect(() => readResults(path)).toThrow('line 1 is not JSON');
    expect(() => ablationFiles(join(root, 'none.jsonl'))).toThrow('cppo bench ablation makes it');
  });
});
