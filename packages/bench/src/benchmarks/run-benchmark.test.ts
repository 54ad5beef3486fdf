import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sample } from '@cppo/dataset';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isBenchmarkSpec, readBenchmarkSpec } from './benchmark-spec.js';
import { type BenchmarkRun, runBenchmark } from './run-benchmark.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-benchmark-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const [mathVista] = readBenchmarkSpec('benchmark:mathvista=own.jsonl');

/** Rows of MathVista; two share an id, as variants of a question do. */
const samples: Sample[] = [
  ['a', '3'],
  ['a', '4'],
  ['b', '5'],
].map(([id, answer]) => ({
  ...{ id: id!, question: `${answer} = ?`, answer: answer!, images: [] },
  metadata: { question_type: 'free_form', answer_type: 'integer', metadata: { task: `task ${id}` } },
}));

/** Says 3 to everything in a box, and then once 5 without one. */
function runOf(settings = { seed: 1 }) {
  const said: string[] = [];
  const run: BenchmarkRun<string> = {
    policy: {
      generate: async (prompts) => {
        said.push(...prompts);
        return prompts.map(() => [
          { tokens: [1, 2], text: '<think>.</think>\\boxed{3}', truncated: false },
          { tokens: [1, 2, 3, 4], text: 'The answer is 5', truncated: true },
        ]);
      },
    },
    openQuestions: async ({ spec }, questions = 3) => ({
      samples: samples.slice(0, questions),
      skipped: [{ row: 7, reason: 'no picture' }],
      encode: ({ question }) => `${spec}: ${question}`,
      close: async () => {
        said.push('closed');
      },
    }),
    ...{ samples: 2, temperature: 1, maxTokens: 4, seed: 1, settings },
    answersFile: join(root, 'answers.jsonl'),
    signal: new AbortController().signal,
  };
  return { run, said };
}

describe('runBenchmark', () => {
  it("asks a benchmark's questions and judges by its rules", async () => {
    const { run, said } = runOf();
    const result = await runBenchmark(mathVista!, run);
    // Of six answers, the first to the first question and the second to the third are right.
    expect(result).toMatchObject({
      ...{ benchmark: 'mathvista', title: 'MathVista', samples: 3, repeats: 2 },
      ...{ truncated: 0.5, tokens: 3, skipped: [{ row: 7, reason: 'no picture' }], settings: { seed: 1 } },
    });
    expect(result.accuracy).toBeCloseTo(2 / 6, 12);
    expect(said).toEqual(['own.jsonl: 3 = ?', 'own.jsonl: 4 = ?', 'own.jsonl: 5 = ?', 'closed']);
  });

  it('goes on with the answers that are kept, and refuses those of other settings', async () => {
    const first = runOf();
    const result = await runBenchmark(mathVista!, first.run);
    const path = join(root, 'answers.jsonl');
    // A kill cuts the last line.
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"id":"2","ans`);
    const again = runOf();
    expect(await runBenchmark(mathVista!, again.run)).toEqual(result);
    expect(again.said).toEqual(['closed']);
    await expect(runBenchmark(mathVista!, runOf({ seed: 2 }).run)).rejects.toThrow(
      `--out: ${path} holds answers made with seed 1, found 2; expected the same, or another directory.`,
    );
  });

  it('stops when it is asked to, and closes what it opened', async () => {
    const { run, said } = runOf();
    const stopped = new Error('stopped');
    await expect(runBenchmark(mathVista!, { ...run, signal: AbortSignal.abort(stopped) })).rejects.toThrow(
      stopped,
    );
    expect(said).toEqual(['closed']);
  });
});

describe('readBenchmarkSpec', () => {
  it('reads names, files and all', () => {
    expect(isBenchmarkSpec('benchmark:all')).toBe(true);
    expect(isBenchmarkSpec('builtin:digits')).toBe(false);
    expect(mathVista).toMatchObject({ benchmark: { name: 'mathvista' }, spec: 'own.jsonl' });
    expect(readBenchmarkSpec('benchmark:we-math')[0]!.spec).toBe('We-Math/We-Math/testmini');
    expect(readBenchmarkSpec('benchmark:all').length).toBeGreaterThan(5);
  });

  it('refuses what is none in a sentence', () => {
    expect(() => readBenchmarkSpec('benchmark:mathvist')).toThrow(
      '--data: found "benchmark:mathvist", there is no benchmark "mathvist". Did you mean mathvista?',
    );
    expect(() => readBenchmarkSpec('benchmark:mathvista=')).toThrow('expected a path or hub id after "="');
  });
});
