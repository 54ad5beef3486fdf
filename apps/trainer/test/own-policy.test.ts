import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePng } from '@cppo/perturb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

const minutes = 60_000;
const example = fileURLToPath(new URL('../../../examples/policy.ts', import.meta.url));
let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cppo-own-policy-'));
  const grey = { width: 28, height: 28, data: new Uint8Array(3 * 28 * 28).fill(128) };
  writeFileSync(join(root, 'grey.png'), await encodePng(grey));
  // A policy that can only encode.
  writeFileSync(
    join(root, 'bare.mjs'),
    'export default () => async () => ({ encode: () => ({ ids: new Int32Array(3), images: [] }) });',
  );
});
afterAll(() => rmSync(root, { recursive: true }));

/** Commands that ask a model, each with what it lacks in a policy that only encodes. */
const commands: [name: string, parameters: string[], lacking: string][] = [
  ['generate', ['generate', '--prompt', 'hi', '--max-tokens', '2'], 'generate(), tokenizer.decode()'],
  [
    'score',
    ['score', '--prompt', 'hi', '--completion', 'red 3'],
    'score(), tokenizer.encode(), tokenizer.decode()',
  ],
  [
    'inspect',
    ['inspect', '--prompt', 'hi', '--image', 'grey.png', '--max-tokens', '2'],
    'generate(), score(), tokenizer.decode()',
  ],
  ['eval', ['eval', '--data', 'builtin:digits', '--questions', '2', '--samples', '1'], 'generate()'],
  [
    'bench views',
    ['bench', 'views', '--view', 'rotate', '--questions', '2', '--samples', '1', '--max-tokens', '2'],
    'generate()',
  ],
  [
    'bench detection',
    ['bench', 'detection', '--questions', '1', '--out', 'detection'],
    'generate(), score(), tokenizer.encode(), tokenizer.decode(), tokenizer.tokenId()',
  ],
];

describe("a policy of one's own", () => {
  it.each(commands)(
    'is asked by %s as the built-in one is',
    async (_, parameters) => {
      const asked = [...parameters, '--model', 'tiny'];
      const own = await cppo([...asked, '--policy', example], { cwd: root });
      expect(own.stderr).not.toContain('cppo: --policy');
      expect(own.code).toBe(0);
      // The example is the same model, so it says the same.
      const { stdout } = await cppo(asked, { cwd: root });
      expect(own.stdout).toBe(stdout);
    },
    3 * minutes,
  );

  it.each(commands)(
    'that lacks what %s needs is named with its module',
    async (_, parameters, lacking) => {
      const { code, stderr } = await cppo([...parameters, '--model', 'tiny', '--policy', './bare.mjs'], {
        cwd: root,
      });
      expect(stderr.trim()).toBe(
        `cppo: --policy (./bare.mjs): it gave an object with encode, without ${lacking}, expected a policy that has them.`,
      );
      expect(code).toBe(2);
    },
    minutes,
  );

  it(
    'that is no policy is said in one sentence',
    async () => {
      const asked = ['generate', '--model', 'tiny', '--prompt', 'hi', '--policy'];
      expect((await cppo([...asked, 'mine'], { cwd: root })).stderr.trim()).toBe(
        'cppo: --policy: found "mine", expected one of qwen, or a path to a module such as ./my-policy.ts.',
      );
      expect((await cppo([...asked, './none.ts'], { cwd: root })).stderr.trim()).toBe(
        'cppo: --policy (./none.ts): there is no such file.',
      );
      const { code, stderr } = await cppo([...asked, '{module: ./none.ts'], { cwd: root });
      expect(stderr.trim()).toMatch(
        /^cppo: --policy: found \{module: \.\/none\.ts, which is not YAML \(.*\)\.$/,
      );
      expect(code).toBe(2);
    },
    minutes,
  );

  it(
    'may say what it takes of the memory, and encode without weights',
    async () => {
      const large = `export default () => ({
  load: () => { throw new Error('no weight should be read'); },
  encoder: () => ({ encode: () => ({ ids: new Int32Array(3), images: [] }) }),
  capacity: async () => ({
    sizeOf: ({ ids }) => ({ tokens: ids.length, patches: 0 }),
    footprint: () => ({ parameters: 4e9, trained: 0, weights: 'float32', held: 16e9, training: 0, sampling: 0, scoring: 0 }),
  }),
});`;
      writeFileSync(join(root, 'large.mjs'), large);
      const parameters = ['generate', '--prompt', 'hi', '--model', 'any', '--policy', './large.mjs'];
      const { code, stderr } = await cppo([...parameters, '--memory', '4GB'], { cwd: root });
      expect(stderr).toContain(
        'cppo: --model: any takes about 16.3 GB with float32 weights (16.0 GB weights,',
      );
      expect(code).toBe(2);
    },
    minutes,
  );
});

describe('a run with a frozen vision tower', () => {
  const settings = (output: string, ...more: string[]) =>
    [
      ...['rollout.prompts=2', 'rollout.completions=4', 'rollout.maxTokens=12', 'data.eval=none'],
      ...['freezeVision=true', `output=${output}`, ...more],
    ].flatMap((setting) => ['--set', setting]);
  const losses = (run: string) =>
    readFileSync(join(run, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Record<string, number>).loss);

  it.each([
    ['the built-in policy', []],
    ["a policy of one's own", [`policy={module: ${example}, train: layers}`]],
  ])(
    'goes on from float32 checkpoints with the weights that it began with: %s',
    async (name, more) => {
      const whole = join(root, `whole ${name}`);
      const halves = join(root, `halves ${name}`);
      await cppo(['train', '--steps', '2', ...settings(whole, ...more)], { cwd: root });
      await cppo(['train', '--steps', '1', ...settings(halves, ...more)], { cwd: root });
      const { weights } = JSON.parse(readFileSync(join(halves, 'config.json'), 'utf8')) as {
        weights: string;
      };
      expect(weights).toBe('bfloat16');
      const resumed = await cppo(['train', '--resume', halves, '--steps', '2'], { cwd: root });
      expect(resumed.code).toBe(0);
      expect(losses(halves)).toEqual(losses(whole));
      expect(losses(whole)).toHaveLength(2);

      // What the run trained is asked with the run's own policy, and exported with it.
      const out = join(root, `export ${name}`);
      expect((await cppo(['export', '--run', halves, '--out', out], { cwd: root })).code).toBe(0);
      const asked = ['score', '--prompt', 'hi', '--completion', 'red 3', '--json', '--model'];
      const ofRun = await cppo([...asked, join(halves, 'model')], { cwd: root });
      expect(ofRun.stderr.includes(`the policy is that of the run ${halves}`)).toBe(more.length > 0);
      expect((await cppo([...asked, out], { cwd: root })).stdout).toBe(ofRun.stdout);
    },
    5 * minutes,
  );
});
