import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import hashes from '../__fixtures__/png-sha256.json' with { type: 'json' };
import { createTask, taskNames } from './catalog.js';
import { asPromptSample, drawSamples } from './draw-samples.js';
import type { Difficulty, TaskSample } from './sample.js';
import { solve } from './testing/solve.js';

const levels: readonly Difficulty[] = [1, 2, 3];
const splits = ['in-domain', 'out-of-domain'] as const;
const every = taskNames.flatMap((task) =>
  splits.flatMap((split) => levels.map((difficulty) => ({ task, split, difficulty }))),
);

/** All values and names anywhere in a scene, as text. */
function facts(scene: unknown): string[] {
  return typeof scene === 'object' && scene !== null ? Object.values(scene).flatMap(facts) : [String(scene)];
}

describe.each(every)('$task, $split, difficulty $difficulty', ({ task, split, difficulty }) => {
  const samples = drawSamples({ tasks: [task], seed: 3, count: 60, split, difficulty });

  it('has the answer that follows from the scene and the words of the question', () => {
    for (const { question, scene, answer } of samples) {
      expect(answer, question).toBe(String((solve[task] as (typeof solve)[string])(question, scene)));
    }
  });

  it('ends its reference in the answer, in the format that is rewarded', () => {
    for (const { reference, answer } of samples) {
      expect(reference).toMatch(/^<think>I see .*<\/think> \\boxed\{[^{}]+\}$/);
      expect(reference.endsWith(`\\boxed{${answer}}`)).toBe(true);
      // The last number of the thought is the answer where the answer is a number.
      if (/^\d+$/.test(answer)) expect(/(\d+)<\/think>/.exec(reference)?.[1]).toBe(answer);
    }
  });

  it('marks whole values before the first step of the reasoning', () => {
    for (const { reference, perception } of samples) {
      expect(perception.length).toBeGreaterThan(0);
      let last = 0;
      for (const [start, end] of perception) {
        expect(start).toBeGreaterThanOrEqual(last);
        expect(reference.slice(start, end)).toMatch(/^[\d:]+$/);
        expect(`${reference[start - 1]}${reference[end]}`).not.toMatch(/\d/);
        last = end;
      }
      expect(last).toBeLessThan(reference.indexOf('</think>'));
    }
  });

  it('marks in its description what the scene holds', () => {
    for (const { description, scene, task: name } of samples) {
      const known = facts(scene);
      for (const [start, end] of description.reply.perception) {
        const value = description.reply.text.slice(start, end);
        if (name === 'clocks') {
          expect(value.split(':').map(Number)).toEqual([Number(known[0]), Number(known[1])]);
        } else if (name === 'places' && /\d/.test(value)) {
          expect(known).toContain(String(Number(value) - 1));
        } else expect(known).toContain(value);
      }
    }
  });

  it('fits the patches, so that no processor resizes it', async () => {
    const { image } = samples[0] as TaskSample;
    const bytes = await image.png();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([image.width, image.height]);
    expect([image.width % 28, image.height % 28]).toEqual([0, 0]);
  });

  it('is drawn with the same bytes on every machine', async () => {
    const bytes = await (samples[0] as TaskSample).image.png();
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      (hashes as Record<string, string>)[`${task}-${difficulty}-${split}`],
    );
  });
});

describe('perceived values', () => {
  it('are the digits of the named squares, in the order of the question', () => {
    for (const { question, scene, reference, perception } of drawSamples({
      tasks: ['digits'],
      seed: 11,
      count: 50,
      difficulty: levels,
    })) {
      const names = (/is (.*)\?/.exec(question)![1] as string).split(/ plus | minus /);
      const squares = scene.squares as unknown as { color: string; digit: number }[];
      expect(perception.map(([start, end]) => Number(reference.slice(start, end)))).toEqual(
        names.map((name) => squares.find(({ color }) => color === name)?.digit),
      );
    }
  });
});

describe('drawSamples', () => {
  it('gives the same samples in pieces and at once, others for another seed', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 0, max: 30 }), (seed, cut) => {
        const whole = drawSamples({ seed, count: 31, difficulty: levels });
        const pieces = [
          ...drawSamples({ seed, count: cut, difficulty: levels }),
          ...drawSamples({ seed, count: 31 - cut, start: cut, difficulty: levels }),
        ];
        const bare = (samples: TaskSample[]): string => JSON.stringify(samples);
        expect(bare(pieces)).toBe(bare(whole));
        expect(bare(drawSamples({ seed: seed + 1, count: 31, difficulty: levels }))).not.toBe(bare(whole));
      }),
      { numRuns: 10 },
    );
  });

  it('shifts some things out-of-domain and nothing in-domain', () => {
    const shares = (split: 'in-domain' | 'out-of-domain'): Record<string, number> => {
      const pictures = drawSamples({ tasks: ['digits'], seed: 1, count: 200, split }).map(
        ({ image }) => image.svg,
      );
      const share = (pattern: RegExp): number =>
        pictures.filter((svg) => pattern.test(svg)).length / pictures.length;
      return {
        font: share(/DejaVu (Serif|Sans Mono)/),
        background: share(/fill="#(263238|e0f2f1)"/),
        noise: share(/fill-opacity/),
        shades: share(/fill="#(b71c1c|ffa040|fff176|9ccc65|64b5f6|5e35b1|ec80d0|5d4037|bdbdbd)"/),
        any: share(
          /DejaVu (Serif|Sans Mono)|#(263238|e0f2f1)|fill-opacity|#(b71c1c|ffa040|fff176|9ccc65|64b5f6|5e35b1|ec80d0|5d4037|bdbdbd)/,
        ),
      };
    };
    expect(Object.values(shares('in-domain'))).toEqual([0, 0, 0, 0, 0]);
    const { any, ...each } = shares('out-of-domain');
    for (const share of Object.values(each)) expect(Math.abs(share - 0.5)).toBeLessThan(0.12);
    // The rest has another layout only.
    expect(any).toBeGreaterThan(0.9);
  });

  it('hands its samples to the trainer', async () => {
    const [sample] = drawSamples({ tasks: ['digits'], seed: 1, count: 1 });
    const prompt = asPromptSample(sample as TaskSample);
    expect(prompt.images[0]?.name).toBe('digits-1-in-domain-1-0.png');
    expect([...(await prompt.images[0]!.bytes()).slice(1, 4)]).toEqual([80, 78, 71]);
  });

  it('names the tasks that there are', () => {
    expect(() => createTask('dogs')).toThrow(/createTask: no task "dogs"; expected one of digits, shapes/);
    expect(() => drawSamples({ tasks: [], seed: 1, count: 1 })).toThrow(RangeError);
  });
});
