import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TokenScores } from '@cppo/grpo';
import { UserError } from '@cppo/run';
import { tryDistance } from '@cppo/training';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.js';
import { openTrainingSource } from '../data/open-samples.js';
import { type Components, chooseComponents } from './choose-components.js';

let root: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  root = mkdtempSync(join(tmpdir(), 'cppo-modules-'));
  symlinkSync(
    fileURLToPath(new URL('../../../../node_modules', import.meta.url)),
    join(root, 'node_modules'),
  );
  writeFileSync(
    join(root, 'helper.ts'),
    'export default function (): never {\n  throw new Error("deep");\n}\n',
  );
});
afterAll(() => rmSync(root, { recursive: true }));

type Kind =
  | 'perturbation'
  | 'detector'
  | 'distance'
  | 'term'
  | 'reward'
  | 'data'
  | 'sampler'
  | 'policy'
  | 'logger';

const keys: Readonly<Record<Kind, (path: string) => string>> = {
  perturbation: (path) => `views={preserving: ${path}, removing: invert}`,
  detector: (path) => `objective.cppo.detector=${path}`,
  distance: (path) => `objective.cppo.distance=${path}`,
  term: (path) => `objective.terms=[${path}]`,
  reward: (path) => `reward.function=${path}`,
  data: (path) => path,
  sampler: (path) => `rollout.sampler=${path}`,
  policy: (path) => `policy=${path}`,
  logger: (path) => `loggers=[${path}]`,
};
const kinds = Object.keys(keys) as Kind[];

/** What the component of a module gives when it is put to work. */
const work: Readonly<Record<Exclude<Kind, 'data'>, (chosen: Components) => unknown>> = {
  perturbation: ({ views }) => views.preserving,
  detector: ({ detector }) => detector,
  distance: ({ distance }) => tryDistance(distance, tf.zeros([5, 4]), 1),
  term: async ({ terms: [term] }) => {
    const batch = [{ id: 'a', completions: [] }] as never;
    const logProbs = tf.variable(tf.tensor2d([[-1, -2]]));
    const prepared = await term!.prepare(batch, { variables: [logProbs] } as never);
    tf.tidy(() => {
      // Inside a tape, as in training.
      tf.variableGrads(() => {
        const scores = {
          logProbs: tf.mul(logProbs, 1),
          entropies: tf.mul(logProbs, -1),
          mask: tf.ones([1, 2]),
        };
        return tf.add(prepared.loss(batch, scores as TokenScores), tf.sum(logProbs));
      }, [logProbs]);
    });
    return prepared.metrics?.();
  },
  reward: async ({ reward }) => {
    const result = await reward({ completion: 'seven', answer: '7' });
    if (Number.isNaN(result.reward)) throw new UserError(`${result.why}.`);
    return result;
  },
  sampler: async ({ sampler }) => {
    await sampler.open?.();
    await sampler.weightsChanged?.({ version: 0, saveAdapters: async () => {} });
    await sampler.compared?.({ difference: 0, current: true, untempered: async () => 0 });
    await sampler.sample({ prompts: [{}, {}], completions: 2 } as never);
    await sampler.close?.();
  },
  policy: async ({ family }) => {
    const policy = await family.load('tiny', {});
    await policy.generate([{}] as never, { completions: 1, maxTokens: 1, temperature: 1, seed: 1 });
    policy.encode({ messages: [], images: [] });
    policy.score([{ prompt: {} as never, completions: [Int32Array.of(1)] }]);
  },
  logger: ({ loggers: [logger] }) => logger!.step({ step: 1 }),
};

/** Paths are shown from the working directory where that is shorter. The longer spelling can hold the other. */
function withoutRoot(message: string): string {
  const spellings = [root, relative(process.cwd(), root)].sort((a, b) => b.length - a.length);
  return spellings.reduce((text, spelling) => text.replaceAll(`${spelling}/`, ''), message);
}

let files = 0;
/** The sentence with which a module is refused, when it is chosen or when it works. */
async function sentence(kind: Kind, text: string): Promise<string> {
  const path = join(root, `m${++files}.ts`);
  writeFileSync(path, text);
  try {
    if (kind === 'data') {
      const source = await openTrainingSource(path, 1);
      const [placed] = await source.take(0, 1);
      await Promise.all(placed!.sample.images.map((image) => image.bytes()));
    } else {
      const { config } = await loadConfig({ set: [keys[kind](path)] });
      await work[kind](await chooseComponents(config));
    }
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    expect(message.startsWith(keyOf[kind]) && message.includes(`m${files}.ts)`)).toBe(true);
    return withoutRoot(message).replaceAll(`m${files}.ts`, 'M');
  }
}

const keyOf: Readonly<Record<Kind, string>> = {
  ...{ perturbation: 'views.preserving (', detector: 'objective.cppo.detector (', data: 'data.train (' },
  ...{ distance: 'objective.cppo.distance (', term: 'objective.terms.0 (', reward: 'reward.function (' },
  ...{ sampler: 'rollout.sampler (', policy: 'policy (', logger: 'loggers.0 (' },
};

describe.each(kinds)('a module for a %s', (kind) => {
  it.each<[string, string, string]>([
    [
      'has a syntax error',
      '// a\nexport default () => {\n  const b = ;\n};',
      'syntax error: Unexpected token',
    ],
    ['throws when it is imported', 'const a: any = 0;\n\na.b.c;\nexport default 1;', '(M:3)'],
    [
      'imports what is not there',
      "import a from './none.ts';\nexport default () => a;",
      "Cannot find module './none.ts' (M)",
    ],
    [
      'has no default export',
      'export const a = 1;',
      'found no default export, expected a function of options',
    ],
    [
      'exports an object',
      'export default { a: 1 };',
      'found an object with a: 1 as default export, expected a function',
    ],
    ['exports a class', 'export default class {}', 'found a class as default export'],
    [
      'throws in its function',
      'export default () => {\n  throw new Error("no");\n};',
      'threw: no (M:2); expected a function',
    ],
    ['throws a text', 'export default () => {\n  throw "no";\n};', 'the default export threw: "no"'],
    ['gives nothing', 'export default () => {};', 'the default export gave nothing, expected a'],
    ['gives 3', 'export default async () => 3;', 'the default export gave 3, expected a'],
  ])('is blamed when it %s', async (_, text, expected) => {
    expect(await sentence(kind, text)).toContain(expected);
  });

  it('names the line of a syntax error', async () => {
    expect(await sentence(kind, '// a\nexport default () => {\n  const b = ;\n};')).toContain('(M:3)');
  });
});

const tfjs = "import * as tf from '@tensorflow/tfjs-core';\n";
const term = (body: string) => `${tfjs}export default () => ({ name: 'mine', ${body} });`;
const loss = (body: string) => term(`prepare: () => ({ loss: (groups, { logProbs }) => ${body} })`);
const item = "id: 'a', question: 'q', answer: '3', images: []";
const set = (read: string) => `export default () => ({ length: 3, read: ${read} });`;
const policy = (methods: string) =>
  `${tfjs}const tensor = () => tf.zeros([1, 1]);
export default () => async () => ({
  variables: [], headWeight: tf.zeros([2, 2]), tokenizer: { decode: () => '' }, save() {},
  encode: () => ({ ids: new Int32Array(1), images: [] }),
  generate: async () => [[{ tokens: new Int32Array(1), logProbs: new Float32Array(1), text: '', truncated: false }]],
  score: () => ({ logProbs: tensor(), entropies: tensor(), mask: tensor() }),
  ${methods} });`;

describe('a component of the user at its work', () => {
  it.each<[Kind, string, string]>([
    ['perturbation', 'export default () => () => {\n  throw new Error("no");\n};', 'it threw: no (M:2).'],
    [
      'perturbation',
      "import help from './helper.ts';\nexport default () => () => help();",
      'it threw: deep (helper.ts:2).',
    ],
    ['perturbation', 'export default () => async (image) => image;', 'it gave a promise, expected an image'],
    ['perturbation', 'export default () => (image) => image.data;', 'it gave an object with'],
    [
      'perturbation',
      'export default () => ({ width }) => ({ width, height: 1, data: new Uint8Array(3) });',
      'it gave 448×1 pixels with 3 bytes',
    ],
    ['perturbation', 'export default () => (image) => image;', 'accepted'],
    ['detector', 'export default () => () => {\n  null.a;\n};', "(reading 'a') (M:2)."],
    ['detector', 'export default () => async ({ entropy }) => entropy;', 'it gave a promise'],
    ['detector', 'export default () => ({ entropy }) => entropy[0];', 'it gave an object with'],
    ['detector', 'export default () => ({ entropy }) => [];', 'it gave masks of lengths []'],
    ['detector', 'export default () => ({ entropy }) => entropy;', 'it gave a mask that holds 0.5, expected'],
    ['detector', 'export default () => ({ entropy }) => entropy.map((row) => row.map(() => 1));', 'accepted'],
    ['distance', `${tfjs}export default () => () => {\n  throw new Error("no");\n};`, 'it threw: no (M:3).'],
    ['distance', `${tfjs}export default () => async (a) => a.logProbs;`, 'it gave a promise'],
    ['distance', 'export default () => () => 3;', 'it gave 3, expected a [B, T] tensor'],
    [
      'distance',
      `${tfjs}export default () => (a) => tf.sum(a.logProbs);`,
      'it gave a tensor of shape [], expected a [B, T]',
    ],
    [
      'distance',
      `${tfjs}export default () => (a) => tf.tensor2d(a.logProbs.arraySync());`,
      'has no gradient',
    ],
    ['distance', `${tfjs}export default () => (a) => tf.onesLike(a.logProbs);`, 'has no gradient'],
    [
      'distance',
      `${tfjs}export default () => (a, b) => tf.round(tf.sub(a.logProbs, b.logProbs));`,
      'has no gradient',
    ],
    [
      'distance',
      `${tfjs}export default () => (a, b) => tf.squaredDifference(a.logProbs, b.logProbs);`,
      'accepted',
    ],
    ['term', 'export default () => ({ name: "mine" });', 'gave an object with name, expected a loss term'],
    ['term', term('prepare() {\n  throw new Error("no");\n}'), 'prepare() threw: no (M:3).'],
    ['term', term('prepare() {}'), 'prepare() gave nothing, expected an object with loss(groups, original)'],
    ['term', loss('(() => {\n throw new Error("no"); })()'), 'loss() threw: no (M:3).'],
    [
      'term',
      term('prepare: () => ({ loss: async () => tf.scalar(0) })'),
      'loss() gave a promise, expected a scalar at once',
    ],
    ['term', loss('3'), 'loss() gave 3, expected a scalar'],
    ['term', loss('logProbs'), 'loss() gave a tensor of shape [1,2], expected a scalar'],
    ['term', loss('tf.scalar(0.5)'), 'the loss is a constant: it has no gradient'],
    ['term', loss('tf.scalar(logProbs.dataSync()[0])'), 'the loss is a constant'],
    ['term', loss('tf.scalar(0)'), 'accepted'],
    ['term', loss('tf.sum(logProbs)'), 'accepted'],
    [
      'reward',
      'export default ({ completion }) => ({ reward: completion.length });',
      '(M:1); expected a function of options that returns a function',
    ],
    ['reward', 'export default () => () => {\n  throw new Error("no");\n};', 'it threw: no (M:2).'],
    ['reward', 'export default () => () => 31;', 'it gave 31, expected {reward, parts: {accuracy, format}}'],
    ['reward', 'export default () => async () => ({ reward: 1 });', 'it gave {"reward":1}, expected'],
    [
      'reward',
      'export default () => () => ({ reward: Infinity, parts: { accuracy: 1, format: 1 } });',
      'it gave a reward of Infinity',
    ],
    [
      'reward',
      'export default () => () => ({ reward: 1, parts: { accuracy: NaN, format: 1 } });',
      'it gave parts.accuracy NaN',
    ],
    ['reward', 'export default () => () => ({ reward: 1, parts: { accuracy: 1, format: 1 } });', 'accepted'],
    ['data', set('() => {\n  throw new Error("no");\n}'), 'read(0) threw: no (M:2).'],
    ['data', set('() => undefined'), 'read(0) gave nothing, expected a sample'],
    ['data', set(`() => ({ ${item}, answer: 3 })`), 'read(0) gave answer 3, expected a text'],
    [
      'data',
      set(`() => ({ ${item}, images: ['a.png'] })`),
      'read(0) gave images[0] "a.png", expected {name, bytes()}',
    ],
    [
      'data',
      set(`() => ({ ${item}, images: [{ name: 'a', bytes: () => 'a.png' }] })`),
      'bytes() of a gave "a.png", expected a Uint8Array',
    ],
    [
      'data',
      'export default () => ({ length: 0, read() {} });',
      'gave an object with length: 0, read, expected',
    ],
    ['data', set(`() => ({ ${item} })`), 'accepted'],
    ['sampler', 'export default () => () => {\n  throw new Error("no");\n};', 'it threw: no (M:2).'],
    [
      'sampler',
      'export default () => async () => 3;',
      'it gave 3, expected a list with {completions} for each of the 2 prompts',
    ],
    ['sampler', 'export default () => async () => [{ completions: [] }];', 'it gave a list of 1, expected'],
    [
      'sampler',
      'export default () => async ({ prompts }) => prompts.map(() => ({ completions: [{ tokens: [1] }] }));',
      'as completion 0 for prompt 0, expected {tokens: Int32Array',
    ],
    ['policy', 'export default () => async () => {\n  throw new Error("no");\n};', 'it threw: no (M:2).'],
    [
      'policy',
      'export default () => async () => ({ encode() {} });',
      'without score(), generate(), save(), variables (a list)',
    ],
    [
      'policy',
      policy('generate: async () => []'),
      'generate() gave a list of 0, expected a list of 1 completions',
    ],
    [
      'sampler',
      'export default () => ({ sample: async () => [] });',
      'sample() gave a list of 0, expected a list with {completions} for each of the 2 prompts',
    ],
    [
      'sampler',
      'export default () => ({ sample: async () => [], open() {\n  throw new Error("no");\n} });',
      'open() threw: no (M:2).',
    ],
    [
      'sampler',
      'export default () => ({ elsewhere: true, sample: async () => [], weightsChanged() {\n  throw new Error("no");\n} });',
      'weightsChanged() threw: no (M:2).',
    ],
    [
      'sampler',
      'export default () => ({ elsewhere: true, sample: async () => [], compared() {\n  throw new Error("no");\n} });',
      'compared() threw: no (M:2).',
    ],
    ['policy', policy('encode: async () => 3'), 'encode() gave a promise, expected an encoded prompt'],
    ['policy', policy('score: () => ({})'), 'score() gave an object with no keys, expected the tensors'],
    ['policy', policy('score() {\n  throw new Error("no");\n}'), 'score() threw: no (M:9).'],
    ['policy', policy(''), 'accepted'],
    ['logger', 'export default () => ({ start() {} });', 'gave an object with start, expected a logger'],
    [
      'logger',
      'export default () => ({ start() {}, async step() {\n  throw new Error("no");\n} });',
      'step() threw: no (M:2).',
    ],
  ])('%s: %s', async (kind, text, expected) => {
    expect(await sentence(kind, text)).toContain(expected);
  });

  it('works on a copy of the picture, which it may spoil', async () => {
    const path = join(root, 'spoils.ts');
    writeFileSync(path, 'export default () => (image) => { image.data.fill(0); return image; };');
    const { config } = await loadConfig({ set: [keys.perturbation(path)] });
    const { preserving } = (await chooseComponents(config)).views;
    const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
    expect(preserving(image, {} as never).data).toEqual(Uint8Array.of(0, 0, 0));
    expect(image.data).toEqual(Uint8Array.of(1, 2, 3));
  });
});
