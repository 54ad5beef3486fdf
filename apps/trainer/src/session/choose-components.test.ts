import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.js';
import { openTrainingSource } from '../data/open-samples.js';
import { chooseComponents } from './choose-components.js';

let root: string;
const module = (name: string, text: string) => writeFileSync(join(root, name), text);
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-components-'));
  module('nothing.ts', 'export const reward = 1;');
  module('three.ts', 'export default 3;');
  module('gives-three.ts', 'export default async (): Promise<number> => 3;');
  module('throws.ts', 'export default () => { throw new Error("no key\\nfound"); };');
  module('broken.ts', 'export default (');
  module('function.ts', 'export default () => () => {};');
  module('detector.ts', 'export default () => ({ entropy }) => entropy.map((row) => row.map(() => 1));');
  module('term.ts', 'export default ({ name = "papo" }) => ({ name, prepare: () => ({}) });');
});
afterAll(() => rmSync(root, { recursive: true }));

const choose = async (...set: string[]) => {
  const { config } = await loadConfig({ set: set.map((each) => each.replaceAll('./', `${root}/`)) });
  return chooseComponents(config);
};

/** Paths are shown from the working directory where that is shorter. The longer spelling can hold the other. */
function fromRoot(message: string): string {
  const spellings = [root, relative(process.cwd(), root)].sort((a, b) => b.length - a.length);
  return spellings.reduce((text, spelling) => text.replaceAll(`${spelling}/`, './'), message);
}

describe('a component', () => {
  it.each([
    ['reward.function=./none.ts', 'reward.function (', 'none.ts): there is no such file.'],
    ['reward.function=./nothing.ts', 'nothing.ts): found no default export, expected a function of options'],
    ['reward.function=./three.ts', 'found 3 as default export, expected a function of options'],
    ['reward.function=./gives-three.ts', 'the default export gave 3, expected a function ({completion'],
    [
      'reward.function=./throws.ts',
      'reward.function (./throws.ts): the default export threw: no key (./throws.ts:1); expected a function of',
      'options that returns a function ({completion',
    ],
    ['reward.function={name: boxed, much: 1}', 'reward.function.much: unknown key.'],
    ['policy=./broken.ts', 'broken.ts): '],
    [
      'policy=./gives-three.ts',
      'policy (',
      'the default export gave 3, expected a function (source, options)',
    ],
    ['rollout.sampler=./gives-three.ts', 'rollout.sampler (', 'expected a function ({policy, prompts'],
    [
      'rollout.sampler={name: noisy, shar: 1}',
      'rollout.sampler.shar: unknown key. Did you mean rollout.sampler.share?',
    ],
    [
      'rollout.sampler={name: noisy, share: 2}',
      'rollout.sampler.share: found 2, expected a number of at most 1.',
    ],
    ['objective.terms=[./gives-three.ts]', 'objective.terms.0 (', 'expected a loss term'],
    ['objective.terms=[{name: papo, gama: 1}]', 'Did you mean objective.terms.0.gamma?'],
    [
      'objective.terms=[{name: papo}, ./term.ts]',
      'objective.terms.1: found a term named "papo", expected another',
    ],
    ['objective.cppo.detector=./gives-three.ts', 'objective.cppo.detector (', 'gives a mask'],
    ['objective.cppo.distance=./gives-three.ts', 'objective.cppo.distance (', 'gives a [B, T] tensor'],
    ['objective.cppo.distance={name: k1, tau: 1}', 'objective.cppo.distance.tau: unknown key.'],
    ['loggers=[./gives-three.ts]', 'loggers.0 (', 'expected a logger'],
    ['loggers=[{name: mlflow}]', 'loggers.0.uri: found nothing, expected it here or in MLFLOW_TRACKING_URI.'],
    ['loggers=[{name: mlflow, uri: localhost}]', 'loggers.0.uri: found "localhost", expected the address'],
    ['views={preserving: rotate, removing: ./three.ts}', 'views.removing (', 'found 3 as default export'],
    [
      'views={preserving: rotate, removing: [occlude, {name: occlude, rectangels: 3}]}',
      'views.removing.1: occlude: unknown option "rectangels", did you mean "rectangles"?',
    ],
    [
      'views={preserving: {name: oneOf, of: [rotate, ./gives-three.ts]}, removing: invert}',
      'views.preserving.of.1 (',
      'expected a function (image, random)',
    ],
    [
      'views={preserving: {name: sometimes, of: rotate}, removing: invert}',
      'views.preserving.probability: found nothing, expected a number.',
    ],
    [
      'views={preserving: {name: compose, of: [{name: oneOf, of: [rotat]}]}, removing: invert}',
      'views.preserving.of.0.of.0: found "rotat", expected one of identity',
    ],
  ])('%s is refused in one sentence', async (setting, ...parts) => {
    const message = await choose(setting).then(
      () => 'accepted',
      (error: Error) => `${error.name}: ${fromRoot(error.message)}`,
    );
    expect(message).toMatch(/^UserError: /);
    expect(message).not.toContain('\n');
    for (const part of parts) expect(message).toContain(part);
  });

  it('is the one that a module gives', async () => {
    const chosen = await choose(
      'policy=./function.ts',
      'reward.function=./function.ts',
      'rollout.sampler=./function.ts',
      'objective.cppo.detector=./detector.ts',
      'objective.cppo.distance=./function.ts',
      'objective.terms=[./term.ts]',
    ).catch((error: Error) => error.message);
    // The default name of the term is free, since the objective is cppo.
    expect(chosen).toMatchObject({ terms: [{ name: 'papo' }] });
    expect(chosen).toMatchObject({ detector: expect.any(Function), distance: expect.any(Function) });
  });

  it('cannot be replaced by random tokens when the detector is one of the user', async () => {
    await expect(
      choose('objective.cppo.detector=./detector.ts', 'objective.cppo.tokens=random'),
    ).rejects.toThrow('objective.cppo.tokens: found random, expected detected or all');
  });
});

describe('a data set of the user', () => {
  it('is refused when it is none', async () => {
    await expect(openTrainingSource(join(root, 'gives-three.ts'), 1)).rejects.toThrow(
      'the default export gave 3, expected a data set: an object with a length above 0 and read(index)',
    );
  });

  it('comes in an order of the seed, every sample once an epoch, refills in orders of their own', async () => {
    module(
      'set.ts',
      `export default () => ({ length: 7, read: (index) => ({ id: String(index), question: "", answer: "", images: [] }) });`,
    );
    const source = await openTrainingSource(join(root, 'set.ts'), 5);
    const ids = async (start: number, count: number, order?: number) =>
      (await source.take(start, count, order)).map(({ sample, epoch }) => `${sample.id}@${epoch}`);
    const first = await ids(0, 7);
    expect([...first].sort()).toEqual(Array.from({ length: 7 }, (_, i) => `${i}@0`));
    expect(await ids(3, 2)).toEqual(first.slice(3, 5));
    expect((await ids(7, 7)).map((id) => id[0])).not.toEqual(first.map((id) => id[0]));
    expect(await ids(0, 7, 1)).not.toEqual(first);
    expect(await ids(0, 7, 1)).toEqual(await ids(0, 7, 1));
  });
});
