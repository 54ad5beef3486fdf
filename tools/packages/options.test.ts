// An option that there is not is an error, in every public function of every package. The functions are found in the
// types, so that a new one is tried too; what has to stand before the options, or beside them, is written down here.
// Needs a build (`npm run build`).
import '@tensorflow/tfjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { functionsWithOptions } from './functions-with-options.js';
import { repository, workspaces } from './pack.js';

const tiny = join(repository, 'apps/trainer/models/tiny');
const image = { width: 2, height: 1, data: new Uint8Array(6) };
const messages = [{ role: 'user', content: 'Which?' }];
const row = () => tf.tensor2d([[0.1, 0.2]]);

/** What stands before the options, for those that look at it first; `undefined` stands before the others. */
const before: Readonly<Record<string, () => readonly unknown[]>> = {
  bootstrapDifference: () => [[1], [1]],
  summarize: () => [[{ sample: { id: 'a' }, answers: [] }]],
  contrastivePerceptionLoss: () => {
    const branch = { logProbs: row() };
    return [{ anchor: branch, positive: branch, negatives: [branch], mask: row() }];
  },
  detectPerceptionTokens: () => [{ entropy: row(), removedEntropy: row(), mask: row() }],
  detectPerceptionTokensInArrays: () => [{ entropy: [[1]], removedEntropy: [[1]] }],
  policyLoss: () => [{ logProbs: row(), oldLogProbs: row(), advantages: tf.tensor1d([1]), mask: row() }],
  'new AdamW': () => [[]],
  encodeJpeg: () => [image],
  createPerturbation: () => ['rotate'],
  smartResize: () => [28, 28],
  'QwenEncoder.open': () => [tiny],
  optionsOf: () => ['reward', z.strictObject({})],
  'qwenTokenizer.applyChatTemplate': () => [messages],
  'qwenTokenizer.encodePrompt': () => [messages, [], 2],
};

/** Options beside the unknown one, for those that miss them first. */
const beside: Readonly<Record<string, object>> = { learningRate: { peak: 1 } };

const packages = workspaces()
  .filter(({ folder }) => folder.startsWith('packages/'))
  .map(({ folder, manifest }) => ({
    ...{ folder, name: manifest.name },
    found: functionsWithOptions(folder),
  }))
  .filter(({ found }) => found.length > 0);

describe.each(packages)('$name', ({ folder, found }) => {
  it.each(found.map(({ function: name, index }) => [name, index] as const))(
    '%s refuses one',
    async (name, index) => {
      const exports = await import(pathToFileURL(join(repository, folder, 'dist/index.js')).href);
      const parameters = [...(before[name]?.() ?? Array.from({ length: index }))];
      const call = await callable(exports, name);
      const attempt = async () => call(...parameters, { ...beside[name], zzz: 1 });
      await expect(attempt()).rejects.toThrow(/"zzz"|\bzzz: unknown key/);
    },
  );
});

type Function = (...parameters: readonly unknown[]) => unknown;

/** The function of a name as `functionsWithOptions` gives it. */
async function callable(exports: Record<string, unknown>, name: string): Promise<Function> {
  if (name.startsWith('new ')) {
    const Class = exports[name.slice(4)] as new (...parameters: readonly unknown[]) => unknown;
    return (...parameters) => new Class(...parameters);
  }
  const [owner, member] = name.split('.') as [string, string | undefined];
  if (member === undefined) return exports[owner] as Function;
  const holder = (exports[owner] ?? (await instance(exports, owner))) as Record<string, Function>;
  return (...parameters) => holder[member]?.(...parameters);
}

/** An object of a class whose methods take options. */
async function instance(exports: Record<string, unknown>, name: string): Promise<unknown> {
  const { QwenPolicy, QwenEncoder, QwenTokenizer } = exports as Record<string, Record<string, Function>>;
  if (name === 'qwenPolicy') return QwenPolicy?.load?.(tiny);
  const encoder = (await QwenEncoder?.open?.(tiny)) as { tokenizer: unknown } | undefined;
  if (name === 'qwenEncoder') return encoder;
  if (name === 'qwenTokenizer' && QwenTokenizer) return encoder?.tokenizer;
  throw new Error(`options.test.ts makes no ${name}; expected how to make one.`);
}
