import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

const minutes = 60_000;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-user-modules-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A short run with a module of this text, which the settings name as `M`. */
async function train(name: string, text: string, steps: number, ...settings: string[]) {
  writeFileSync(join(root, `${name}.mjs`), text);
  const output = join(root, name);
  const all = [
    ...[
      'rollout.prompts=2',
      'rollout.completions=4',
      'rollout.maxTokens=16',
      'data.eval=none',
      `output=${output}`,
    ],
    ...settings.map((setting) => setting.replaceAll('M', `./${name}.mjs`)),
  ];
  const parameters = ['train', '--steps', String(steps), ...all.flatMap((setting) => ['--set', setting])];
  const { code, stderr } = await cppo(parameters, { cwd: root });
  expect(stderr).not.toContain('This is a fault of cppo');
  expect(stderr).not.toContain('    at ');
  return { code, stderr, output };
}

/** Alternates, so that there is something to learn. */
const unequal = `let n = 0; export default () => () => ({ reward: n++ % 2, parts: { accuracy: n % 2, format: 0 } });`;

describe.concurrent('a module that is wrong from the start leaves nothing behind', () => {
  it.each([
    ['hangs', 'export default () => new Promise(() => {});', 'reward.function=M', 'never came to an end'],
    ['syntax', 'export default (', 'loggers=[M]', 'loggers.0 (syntax.mjs): loading it threw: syntax error'],
    [
      'flat',
      'export default () => (a) => a.logProbs.dataSync();',
      'objective.cppo.distance=M',
      'it gave an object with',
    ],
    [
      'paths',
      "export default () => ({ length: 2, read: (i) => ({ id: String(i), question: '', answer: '', images: ['a'] }) });",
      'data.train=M',
      'read(0) gave images[0] "a"',
    ],
  ])(
    '%s',
    async (name, text, setting, expected) => {
      const { code, stderr, output } = await train(name, text, 1, setting);
      expect(stderr).toContain(expected);
      expect(code).toBe(2);
      expect(existsSync(output)).toBe(false);
    },
    minutes,
  );
});

describe.concurrent('a module that fails in the middle of a run', () => {
  it(
    'is blamed, says how to resume, and the run resumes once it is fixed',
    async () => {
      const broken = `let n = 0;
export default () => async ({ policy, prompts, completions, maxTokens, temperature, seed }) => {
  if (++n > 2) throw new Error('out of luck');
  const options = { completions, maxTokens, temperature, seed };
  const found = await policy.generate(prompts.map(({ prompt }) => prompt), options);
  return found.map((group) => ({ completions: group }));
};`;
      const { code, stderr, output } = await train('sampler', broken, 3, 'rollout.sampler=M');
      expect(stderr).toContain(
        `cppo: rollout.sampler (sampler.mjs): it threw: out of luck (sampler.mjs:3); progress is kept; fix it and resume with: cppo train --resume ${output}`,
      );
      expect(code).toBe(2);
      const [page] = [readFileSync(join(output, 'report.html'), 'utf8')];
      expect(page).toContain(
        '<b>Failed</b> after step 2 of 3: rollout.sampler (sampler.mjs): it threw: out of luck',
      );
      writeFileSync(join(root, 'sampler.mjs'), broken.replace('> 2', '> 9'));
      const resumed = await cppo(['train', '--resume', output], { cwd: root });
      expect(resumed.code).toBe(0);
      expect(resumed.stderr).toContain('going on after step 2');
      expect(readFileSync(join(output, 'report.html'), 'utf8')).not.toContain('<b>Failed</b>');
    },
    3 * minutes,
  );

  it(
    'is blamed for what it throws when nobody waits for it',
    async () => {
      const text = `export default () => ({ start() {}, step() {
  setTimeout(() => {
    throw new Error('too late');
  });
} });`;
      const { code, stderr } = await train('stray', text, 3, 'loggers=[M]');
      expect(stderr).toContain('cppo: a module of yours threw: too late (stray.mjs:3).');
      expect(code).toBe(2);
    },
    minutes,
  );

  it(
    'costs a warning with file and line when it is a logger',
    async () => {
      const text = `export default () => ({ start() {}, step() {
  throw new Error('no ink');
} });`;
      const { code, stderr } = await train('logger', text, 2, 'loggers=[M]');
      expect(
        stderr.match(
          /loggers\.0 \(logger\.mjs\): step\(\) threw: no ink \(logger\.mjs:2\); the run continues/g,
        ),
      ).toHaveLength(1);
      expect(code).toBe(0);
    },
    minutes,
  );
});

describe.concurrent('a run that cannot learn', () => {
  it.each([
    [
      'throws',
      "export default () => () => {\n  throw new Error('no judge');\n};",
      'it threw: no judge (throws.mjs:2)',
    ],
    [
      'shape',
      'export default () => () => 31;',
      'it gave 31, expected {reward, parts: {accuracy, format}} with numbers',
    ],
    [
      'nan',
      'export default () => () => ({ reward: NaN, parts: { accuracy: 0, format: 0 } });',
      'the reward is NaN',
    ],
    ['late', 'export default () => () => new Promise(() => {});', 'no verdict within 0.2 s'],
  ])(
    'stops as for broken losses when no completion is judged: %s',
    async (name, text, why) => {
      const settings = ['reward.function=M', 'reward.timeoutSeconds=0.2'];
      const { code, stderr, output } = await train(name, text, 9, ...settings);
      expect(stderr).toContain('cppo: stopped at step 3: none of 8 completions was judged: ');
      expect(stderr).toContain(`${why}, and 3 steps in a row made no update`);
      expect(code).toBe(3);
      expect(readdirSync(join(output, 'dump'))).toEqual(['step-000003']);
    },
    2 * minutes,
  );

  it(
    'stops too when it has fewer steps than that',
    async () => {
      const { code, stderr } = await train('few', 'export default () => () => 31;', 2, 'reward.function=M');
      expect(stderr).toContain('cppo: stopped at step 2: none of 8 completions was judged');
      expect(code).toBe(3);
    },
    minutes,
  );

  it(
    'is told that all rewards are equal, and that one completion has no others to be compared with',
    async () => {
      const text = 'export default () => () => ({ reward: 0.5, parts: { accuracy: 0, format: 0 } });';
      const { code, stderr } = await train('equal', text, 4, 'reward.function=M');
      expect(stderr.match(/step \d: all rewards of each question were equal in \d steps in a row/g)).toEqual([
        'step 3: all rewards of each question were equal in 3 steps in a row',
      ]);
      expect(code).toBe(0);
      const alone = await train('alone', unequal, 1, 'reward.function=M', 'rollout.completions=1');
      expect(alone.stderr).toMatch(/^notice +rollout\.completions=1: an answer has no others/m);
      expect(alone.code).toBe(0);
    },
    2 * minutes,
  );

  it(
    'is told at the first step of a term without gradient',
    async () => {
      const tfjs = JSON.stringify(import.meta.resolve('@tensorflow/tfjs-core'));
      const text = (loss: string) =>
        `import * as tf from ${tfjs};\nexport default () => ({ name: 'mine', views: false, prepare: () => ({ loss: (_, { logProbs }) => ${loss} }) });`;
      const constant = await train('constant', text('tf.scalar(0.5)'), 2, 'objective.terms=[M]');
      expect(constant.stderr).toContain(
        'objective.terms.0 (constant.mjs): the loss is a constant: it has no gradient',
      );
      expect(constant.code).toBe(2);
      const nothing = await train('nothing', text('tf.mul(tf.sum(logProbs), 0)'), 2, 'objective.terms=[M]');
      expect(nothing.stderr.match(/its loss had no gradient at this step/g)).toHaveLength(1);
      expect(nothing.code).toBe(0);
    },
    2 * minutes,
  );
});
