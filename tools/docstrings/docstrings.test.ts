// The docstring of every public function of these packages: whole, and its example true.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as bench from '@cppo/bench';
import * as contrastiveLoss from '@cppo/contrastive-loss';
import * as cppo from '@cppo/cppo';
import * as dataset from '@cppo/dataset';
import * as entropyDetect from '@cppo/entropy-detect';
import * as grpo from '@cppo/grpo';
import * as perturb from '@cppo/perturb';
import * as reward from '@cppo/reward';
import * as run from '@cppo/run';
import * as training from '@cppo/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publicFunctions } from './public-functions.js';
import { runExample } from './run-example.js';

/** Every function of the method and its data has an example; of what runs it, those that one line can show. */
const withExamples = {
  cppo,
  'contrastive-loss': contrastiveLoss,
  dataset,
  'entropy-detect': entropyDetect,
  grpo,
  perturb,
  reward,
};
const packages = { ...withExamples, bench, run, training };

/** What an example may name besides its package: `folder` is an empty one. */
const folder = mkdtempSync(join(tmpdir(), 'cppo-examples-'));
const around = { tf, folder, join, writeFileSync };

beforeAll(async () => {
  await tf.setBackend('cpu');
  tf.engine().startScope();
});
afterAll(() => {
  tf.engine().endScope();
  rmSync(folder, { recursive: true });
});

describe.each(Object.entries(packages))('@cppo/%s', (name, exports) => {
  const functions = publicFunctions(name);

  it('is read whole', () => {
    const found = functions.map((each) => each.name).sort();
    const isPlain = (value: unknown) => typeof value === 'function' && !/^class /.test(String(value));
    const exported = Object.entries(exports).filter(([, value]) => isPlain(value));
    expect(found).toEqual(exported.map(([key]) => key).sort());
  });

  it.each(functions)('$name: says what it takes, gives and refuses', (each) => {
    const named = each.parameters.filter((parameter) => parameter !== '');
    expect(each.described.filter((parameter) => named.includes(parameter))).toEqual(named);
    expect(each.described).toHaveLength(each.parameters.length);
    if (!each.returnsNothing) expect(each.tags).toContain('returns');
    if (name in withExamples) expect(each.examples).toHaveLength(1);
  });

  it.each(functions.filter(({ examples }) => examples.length > 0))(
    '$name: the example is true',
    async ({ examples }) => {
      const results = await runExample(examples[0]!, { ...around, ...exports });
      expect(results.length).toBeGreaterThan(0);
      expect(results.map(({ statement, found }) => `${statement} // ${found}`)).toEqual(
        results.map(({ statement, promised }) => `${statement} // ${promised}`),
      );
    },
  );
});

describe('an example', () => {
  const resultOf = (example: string) => runExample(example, { tf });
  it('is compared statement by statement', async () => {
    const found = await resultOf('const x = 1;\n[x, 2 / 3]; // [1, 0.6667]\ntf.scalar(x + 1); // 3\n');
    expect(found.map((each) => [each.promised, each.found])).toEqual([
      ['[1, 0.6667]', '[1, 0.6667]'],
      ['3', '2'],
    ]);
  });
});
