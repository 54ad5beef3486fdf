import { createReward } from '@cppo/reward';
import { describe, expect, it } from 'vitest';
import { drawSamples } from '../tasks/draw-samples.js';
import type { TaskSample } from '../tasks/sample.js';
import { evaluate } from './evaluate.js';
import type { Outcome } from './outcome.js';
import { formatReports } from './report.js';

/** Answers that are right, misread, misreasoned or shapeless by turns. */
function parrot() {
  const calls: { prompts: number; seed: number }[] = [];
  return {
    calls,
    generate: async (
      prompts: readonly TaskSample[],
      { completions, seed }: { completions: number; seed: number },
    ) => {
      calls.push({ prompts: prompts.length, seed });
      return prompts.map((sample) =>
        Array.from({ length: completions }, (_, i) => {
          const [start, end] = sample.perception[0] as readonly [number, number];
          const misread = `${sample.reference.slice(0, start)}99${sample.reference.slice(end)}`;
          const wrong = (text: string): string => text.replace(/\\boxed\{.*\}/, '\\boxed{77}');
          const text = [sample.reference, wrong(misread), wrong(sample.reference), 'no idea'][
            i % 4
          ] as string;
          return { text, tokens: new Int32Array(10), truncated: i % 4 === 3 };
        }),
      );
    },
  };
}

describe('evaluate', () => {
  const samples = drawSamples({ tasks: ['digits', 'bars'], seed: 9, count: 10 });
  const common = {
    samples,
    encode: (sample: TaskSample) => sample,
    reward: createReward(),
    maxTokens: 32,
    seed: 4,
  };

  it('tells the judge which sample it is, and what else was answered', async () => {
    const seen: { id: string; completion: string; group: readonly string[]; index: number }[] = [];
    const reward: Parameters<typeof evaluate>[0]['reward'] = (input) => {
      seen.push(input);
      return createReward()(input);
    };
    await evaluate({
      ...common,
      policy: parrot(),
      samples: samples.slice(0, 2),
      samplesPerQuestion: 4,
      reward,
    });
    expect(seen.map(({ id }) => id)).toEqual(samples.slice(0, 2).flatMap(({ id }) => [id, id, id, id]));
    expect(seen.map(({ index }) => index)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    for (const { completion, group, index } of seen) expect(group[index]).toBe(completion);
    expect(seen[0]?.group).toHaveLength(4);
  });

  it('tells accuracy, faults and their shares for each task', async () => {
    const { report, outcomes } = await evaluate({ ...common, policy: parrot(), batch: 4 });
    expect(outcomes.map(({ id }) => id)).toEqual(samples.map(({ id }) => id));
    expect(report.avg.value).toBe(0.25);
    expect(report.samplesPerQuestion).toBe(8);
    // 2 of 8 right: 1 − C(6, 4)/C(8, 4) = 1 − 15/70.
    expect(report.pass[4]?.value).toBeCloseTo(1 - 15 / 70, 10);
    // 77 has four votes, the right answer two.
    expect(report.maj.value).toBe(0);
    expect(report.faults).toEqual({ none: 0.25, perception: 0.25, reasoning: 0.25, unreadable: 0.25 });
    expect(report.format).toBe(0.75);
    expect(report.truncated).toBe(0.25);
    expect(Object.keys(report.tasks)).toEqual(['digits', 'bars']);
    const lines = formatReports({ before: report }).split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/misread {2}misreasoned {2}unreadable$/);
    expect(lines.at(-1)).toMatch(/25\.0 +25\.0 +25\.0$/);
  });

  it('resumes: known questions are not asked again, the rest is drawn from the same seeds', async () => {
    const first = parrot();
    const written: Outcome[] = [];
    const whole = await evaluate({
      ...common,
      policy: first,
      batch: 4,
      onOutcome: (outcome) => void written.push(outcome),
    });
    const second = parrot();
    const added: Outcome[] = [];
    const resumed = await evaluate({
      ...common,
      policy: second,
      batch: 4,
      known: JSON.parse(JSON.stringify(written.slice(0, 5))),
      onOutcome: (outcome) => void added.push(outcome),
    });
    expect(resumed).toEqual(whole);
    expect(second.calls).toEqual(first.calls.slice(1));
    expect(added).toEqual(written.slice(5));
  });

  it('gives figures without faults for samples that do not say what is to be seen', async () => {
    const plain = samples.map(({ id, question, answer }) => ({ id, question, answer }));
    const policy = {
      generate: async (prompts: readonly unknown[]) =>
        prompts.map(() => [{ text: '\\boxed{1}', tokens: [1], truncated: false }]),
    };
    const { report } = await evaluate({
      ...common,
      policy,
      samples: plain,
      encode: () => 0,
      samplesPerQuestion: 1,
    });
    expect(report.faults).toBeUndefined();
    expect(report.tasks).toEqual({});
    expect(formatReports({ before: report })).toContain('–');
  });

  it('stops between batches', async () => {
    const policy = parrot();
    await expect(
      evaluate({ ...common, policy, batch: 2, signal: AbortSignal.abort(new Error('stopped')) }),
    ).rejects.toThrow('stopped');
    expect(policy.calls).toEqual([]);
  });
});
