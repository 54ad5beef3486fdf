import { startEngine } from '@cppo/engine';
import type { RgbImage } from '@cppo/perturb';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { asPromptSample, drawSamples } from '../tasks/draw-samples.js';
import { detectionFiles, measureDetection } from './measure-detection.js';

beforeAll(async () => {
  await startEngine({ prefer: 'cpu' });
});

/** Letters are tokens, so that every span of text is a span of tokens. */
const tokenizer = {
  encode: (text: string) => Array.from(text, (letter) => letter.codePointAt(0)!),
  decode: (ids: readonly number[]) => String.fromCodePoint(...ids),
};

interface SeenPrompt {
  readonly reference: string;
  readonly spans: readonly (readonly [number, number])[];
  readonly original: boolean;
}

/** A model that is sure of everything while it sees the picture, and without it unsure of what only that can give. */
const sighted = {
  generate: async (prompts: readonly SeenPrompt[], { completions }: { completions: number }) =>
    prompts.map(({ reference }, i) =>
      Array.from({ length: completions }, (_, k) => ({
        tokens: [1],
        // The first question is answered right once, the second never.
        text: i === 0 && k === 0 ? reference : 'none',
        truncated: false,
      })),
    ),
  score(requests: readonly { readonly prompt: SeenPrompt; readonly completions: readonly Int32Array[] }[]) {
    const rows = requests.flatMap(({ prompt, completions }) =>
      completions.map((completion) => ({ prompt, length: completion.length })),
    );
    const width = Math.max(...rows.map(({ length }) => length));
    const table = (value: (prompt: SeenPrompt, t: number) => number) =>
      tf.tensor2d(
        rows.map(({ prompt }) => Array.from({ length: width }, (_, t) => value(prompt, t))),
        [rows.length, width],
      );
    const unsure = ({ original, spans }: SeenPrompt, t: number) =>
      !original && spans.some(([start, end]) => t >= start && t < end);
    return {
      logProbs: table((prompt, t) => (unsure(prompt, t) ? -2 : -0.1)),
      entropies: table((prompt, t) => (unsure(prompt, t) ? 2 + t / 100 : 0.1)),
    };
  },
};

const gray: RgbImage = { width: 56, height: 56, data: new Uint8Array(3 * 56 * 56).fill(128) };

function prompts() {
  return drawSamples({ tasks: ['digits'], seed: 3, count: 2 })
    .map(asPromptSample)
    .map((sample) => {
      const prompt = (original: boolean): SeenPrompt => ({
        reference: sample.reference,
        spans: sample.perception,
        original,
      });
      return { sample, images: [gray], encoded: prompt(true), encode: () => prompt(false) };
    });
}

describe('measureDetection', () => {
  it('finds in a model that needs the picture where it needs it, and nothing by chance', async () => {
    const tensors = tf.memory().numTensors;
    const seen: string[] = [];
    const detection = await measureDetection({
      ...{ policy: sighted, tokenizer, endToken: 0, prompts: prompts(), setting: 'A test.' },
      views: ['cppoVerl', 'occlude'],
      onView: (completions, view) => seen.push(`${completions}/${view}`),
    });
    expect(tf.memory().numTensors).toBe(tensors);
    const { facts, rows } = detection;
    expect(facts.setting).toBe('A test.');
    expect(facts.reference).toMatch(/^2 reference replies to 2 questions; 4 of \d+ tokens come from/);
    expect(facts.own).toMatch(/^1 the model's own right replies to 1 questions; 2 of \d+ tokens/);
    const cell = (completions: string, detector: string, ratio: number) =>
      rows.find(
        (row) =>
          row.completions === completions &&
          row.removing === 'occlude' &&
          row.detector === detector &&
          row.ratio === ratio,
      )!;
    for (const completions of ['reference', 'own']) {
      for (const detector of ['relative', 'absolute', 'logProb']) {
        expect([detector, cell(completions, detector, 1).f1.value]).toEqual([detector, 1]);
        expect([detector, cell(completions, detector, 1).rocAuc.value]).toEqual([detector, 1]);
      }
      expect(cell(completions, 'random', 1).rocAuc.value).toBeLessThan(0.8);
      // Half of the two tokens that rise: all that is found is right, and half of what there is.
      expect(cell(completions, 'relative', 0.5).precision.value).toBe(1);
      expect(cell(completions, 'relative', 0.5).recall.value).toBe(0.5);
    }
    // 2 sets, 2 views, 6 ratios, 4 detectors.
    expect(seen).toEqual(['reference/cppoVerl', 'reference/occlude', 'own/cppoVerl', 'own/occlude']);
    expect(rows).toHaveLength(2 * 2 * 6 * 4);
    const files = detectionFiles(detection);
    expect(Object.keys(files)).toEqual([
      ...['detection.json', 'detection.md', 'detection-views.svg', 'detection-ratios.svg'],
    ]);
    expect(JSON.parse(files['detection.json']!).rows).toHaveLength(rows.length);
    expect(files['detection.md']).toContain('## own: 1 the model');
  });

  it('refuses an unknown option', async () => {
    const options = { policy: sighted, tokenizer, endToken: 0, prompts: [], setting: '', onViews: () => {} };
    await expect(measureDetection(options)).rejects.toThrow(
      'unknown option "onViews", did you mean "onView"?',
    );
  });
});
