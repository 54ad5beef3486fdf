import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@cppo/perturb';
import { readMetrics } from '@cppo/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

const minutes = 60_000;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-failures-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const small = (output: string, steps: number, ...settings: string[]) => [
  ...['train', '--steps', String(steps)],
  ...[
    'rollout.prompts=2',
    'rollout.completions=4',
    'rollout.maxTokens=28',
    'data.eval=none',
    `output=${output}`,
    ...settings,
  ].flatMap((assignment) => ['--set', assignment]),
];

const metricsOf = (output: string) => readMetrics(join(output, 'metrics.jsonl'));
const sum = (output: string, key: string) =>
  metricsOf(output).reduce((all, line) => all + (line[key] ?? 0), 0);

/** Files that a run makes on its way and must not leave. */
function temporary(output: string): string[] {
  return readdirSync(output, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tmp|partial|replaced|run\.lock/.test(name),
  );
}

function oneSentence(stderr: string): string {
  expect(stderr).not.toContain('    at ');
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('cppo: '))
    .join('\n');
}

/** A reward function of one's own, written for the test. */
function rewardModule(name: string, body: string, head = ''): string {
  const path = join(root, name);
  writeFileSync(path, `${head}\nexport default () => ({ completion }) => {\n${body}\n};\n`);
  return `reward.function=${path}`;
}

describe.concurrent('a run goes on', () => {
  it(
    'without a picture that vanished, and says so',
    async () => {
      const pictures = join(root, 'pictures');
      mkdirSync(pictures);
      const lines: string[] = [];
      for (let i = 0; i < 4; i++) {
        const data = new Uint8Array(112 * 112 * 3).fill(40 * i);
        writeFileSync(join(pictures, `${i}.png`), await encodePng({ width: 112, height: 112, data }));
        lines.push(JSON.stringify({ question: 'How many?', answer: '3', images: [`${i}.png`] }));
      }
      writeFileSync(join(pictures, 'data.jsonl'), `${lines.join('\n')}\n`);
      const output = join(root, 'vanished');
      const { code, stderr } = await cppo(small(output, 6, `data.train=${join(pictures, 'data.jsonl')}`), {
        onStderr: (said) => {
          if (said.includes('training 1/6')) rmSync(join(pictures, '2.png'), { force: true });
        },
      });
      expect(stderr).toMatch(/step \d: left out sample .*image .*2\.png/);
      expect(code).toBe(0);
      expect(sum(output, 'samples/leftOut')).toBeGreaterThan(0);
      expect(metricsOf(output)).toHaveLength(6);
    },
    4 * minutes,
  );

  it(
    'when the reward function throws, hangs or gives what is no reward',
    async () => {
      const output = join(root, 'unjudged');
      const reward = rewardModule(
        'unreliable.mjs',
        `const turn = (globalThis.turn = (globalThis.turn ?? 0) + 1) % 4;
         if (turn === 0) throw new Error('out of cheese');
         if (turn === 1) return new Promise(() => {});
         return { reward: turn === 2 ? Infinity : completion.length, parts: { accuracy: 0, format: 0 } };`,
      );
      const { code, stderr } = await cppo(small(output, 2, reward, 'reward.timeoutSeconds=1'));
      expect(stderr).toMatch(/step 1: 6 of 8 completions were not judged: /);
      expect(code).toBe(0);
      expect(sum(output, 'reward/unjudged')).toBe(12);
      for (const line of metricsOf(output)) expect(line['reward/mean']).toBeGreaterThan(0);
    },
    4 * minutes,
  );

  it(
    'and leaves the weights alone where all completions are judged alike',
    async () => {
      const output = join(root, 'alike');
      // Nobody answers in one token: completions of length 1, at their limit, and every reward 0.
      const { code } = await cppo(small(output, 2, 'rollout.maxTokens=1'));
      expect(code).toBe(0);
      for (const line of metricsOf(output)) {
        expect(line).toMatchObject({
          'groups/zeroVariance': 1,
          'completion/length': 1,
          'completion/truncated': 1,
          'gradient/skipped': 1,
          'gradient/broken': 0,
        });
      }
      const weights = (step: number) =>
        readFileSync(join(output, 'checkpoints', `step-00000${step}`, 'model', 'model.safetensors'));
      expect(weights(2).equals(weights(1))).toBe(true);
    },
    4 * minutes,
  );

  it(
    'with completions of one token and rewards that differ',
    async () => {
      const output = join(root, 'short');
      const reward = rewardModule(
        'by-turn.mjs',
        `const turn = (globalThis.turn = (globalThis.turn ?? 0) + 1);
         return { reward: turn % 2, parts: { accuracy: turn % 2, format: 0 } };`,
      );
      expect((await cppo(small(output, 2, 'rollout.maxTokens=1', reward))).code).toBe(0);
      for (const line of metricsOf(output)) {
        expect(line['gradient/skipped']).toBe(0);
        expect(line['gradient/norm']).toBeGreaterThan(0);
      }
    },
    4 * minutes,
  );
});

describe.concurrent('a run stops', () => {
  it(
    'where held-out answers cannot be judged, and evaluates when they can',
    async () => {
      const output = join(root, 'unjudged-evaluation');
      const reward = rewardModule('judging.mjs', 'throw new Error("the judge is down");');
      const evaluation = ['data.eval=builtin:digits', 'evaluation.questions=2', 'evaluation.samples=1'];
      const { code, stderr } = await cppo(small(output, 1, reward, ...evaluation));
      expect(code).toBe(3);
      expect(oneSentence(stderr)).toMatch(
        /^cppo: evaluation before: reward\.function \(\S+judging\.mjs\): it threw: the judge is down \(\S+judging\.mjs:3\), on question ".*"; .* cppo train --resume \S+unjudged-evaluation$/,
      );
      rewardModule('judging.mjs', 'return { reward: 1, parts: { accuracy: 1, format: 1 } };');
      const resumed = await cppo(['train', '--resume', output]);
      expect(resumed.code, resumed.stderr).toBe(0);
      expect(metricsOf(output)).toHaveLength(1);
    },
    2 * minutes,
  );

  it(
    'where a held-out picture vanished since the evaluation before, and evaluates when it is back, its file moved',
    async () => {
      const output = join(root, 'vanished-evaluation');
      const picture = join(root, 'held-out.png');
      const png = await encodePng({ width: 28, height: 28, data: new Uint8Array(2352) });
      writeFileSync(picture, png);
      const questions = join(root, 'held-out.jsonl');
      writeFileSync(questions, '{"question":"How many?","answer":"1","image":"held-out.png"}\n');
      const body = `fs.rmSync(${JSON.stringify(picture)}, { force: true }); return { reward: 1, parts: { accuracy: 1, format: 1 } };`;
      const reward = rewardModule('removing.mjs', body, "import fs from 'node:fs';");
      const { code, stderr } = await cppo(
        small(output, 1, reward, `data.eval=${questions}`, 'evaluation.samples=1'),
      );
      expect(code).toBe(3);
      expect(oneSentence(stderr)).toContain('cppo: evaluation after: data.eval: ');
      expect(stderr).toContain('found missing image "held-out.png"');
      expect(existsSync(join(output, 'report.html'))).toBe(true);
      writeFileSync(picture, png);
      for (const folder of ['moved', 'other']) cpSync(picture, join(root, folder, 'held-out.png'));
      const moved = join(root, 'moved', 'held-out.jsonl');
      renameSync(questions, moved);
      const lost = await cppo(['train', '--resume', output]);
      expect(lost.code).toBe(2);
      expect(oneSentence(lost.stderr)).toMatch(/^cppo: data\.eval: .*--set data\.eval=ITS_PLACE$/);
      const other = join(root, 'other', 'held-out.jsonl');
      writeFileSync(other, readFileSync(moved, 'utf8').replace('many', 'few'));
      const changed = await cppo(['train', '--resume', output, '--set', `data.eval=${other}`]);
      expect(changed.code).toBe(2);
      expect(changed.stderr).toContain('data.eval: found other samples than the run began with');
      const resumed = await cppo(['train', '--resume', output, '--set', `data.eval=${moved}`]);
      expect(resumed.code, resumed.stderr).toBe(0);
      expect(resumed.stdout).toContain('avg@1');
    },
    2 * minutes,
  );

  it(
    'after some steps whose loss is not finite, with a dump',
    async () => {
      const output = join(root, 'exploded');
      const { code, stderr } = await cppo(
        small(output, 9, 'rollout.prompts=5', 'optimizer.learningRate=1e30', 'stopAfterBroken=2'),
      );
      expect(oneSentence(stderr)).toMatch(
        /^cppo: stopped at step \d: .* is NaN, and 2 steps in a row .*dump/,
      );
      expect(code).toBe(3);
      expect(sum(output, 'gradient/broken')).toBe(2);
      const [step] = readdirSync(join(output, 'dump'));
      const dump = JSON.parse(readFileSync(join(output, 'dump', step!, 'report.json'), 'utf8'));
      expect(dump.variables[0].largest).toBeGreaterThan(1e20);
      expect(readFileSync(join(output, 'dump', step!, 'groups.jsonl'), 'utf8').split('\n')).toHaveLength(6);
      expect(temporary(output)).toEqual([]);
    },
    4 * minutes,
  );

  it(
    'after a last step that left no finite model, with its checkpoint',
    async () => {
      const output = join(root, 'diverged');
      const held = ['data.eval=builtin:digits', 'evaluation.questions=2', 'evaluation.samples=1'];
      const { code, stderr } = await cppo(
        small(output, 1, 'rollout.prompts=5', 'optimizer.learningRate=1e30', ...held),
      );
      expect(oneSentence(stderr)).toMatch(
        /^cppo: evaluation after: the last step left a model that is not finite: .*checkpoints holds what was done\.$/,
      );
      expect(code).toBe(3);
      expect(readdirSync(join(output, 'checkpoints'))).toContain('step-000001');
      expect(existsSync(join(output, 'report.html'))).toBe(true);
    },
    2 * minutes,
  );

  it(
    'on SIGTERM with a checkpoint and 143, keeps a second process out meanwhile, and goes on later',
    async () => {
      const output = join(root, 'terminated');
      let second: ReturnType<typeof cppo> | undefined;
      const { code } = await cppo(small(output, 200), {
        onStderr: (said, child) => {
          if (second === undefined && said.includes('training 1/200')) {
            second = cppo(['train', '--resume', output]);
            second.finally(() => child.kill('SIGTERM'));
          }
        },
      });
      const refused = await second!;
      expect(oneSentence(refused.stderr)).toMatch(/is in use by another cppo \(process \d+\)/);
      expect(refused.code).toBe(2);
      expect(code).toBe(143);
      expect(temporary(output)).toEqual([]);
      const done = metricsOf(output).length;
      const resumed = await cppo(['train', '--resume', output, '--steps', String(done + 1)]);
      expect(resumed.stderr).toContain(`going on after step ${done}`);
      expect(resumed.code).toBe(0);
    },
    4 * minutes,
  );

  it(
    'at once on a second Ctrl-C, whatever it waits for',
    async () => {
      const output = join(root, 'twice');
      const reward = rewardModule(
        'endless.mjs',
        `process.stderr.write('judging'); return new Promise(() => {});`,
      );
      let asked = false;
      const started = performance.now();
      const { code, signal } = await cppo(small(output, 2, reward, 'reward.timeoutSeconds=600'), {
        onStderr: (said, child) => {
          if (asked || !said.includes('judging')) return;
          asked = true;
          child.kill('SIGINT');
          setTimeout(() => child.kill('SIGINT'), 1500);
        },
      });
      expect(code ?? signal).toBe('SIGINT');
      expect(performance.now() - started).toBeLessThan(300_000);
    },
    5 * minutes,
  );
});

/** A file system of its own that can be made small, larger and read-only; nothing where that is not allowed. */
function smallDisk(): { path: string; change: (options: string) => void; unmount: () => void } | undefined {
  const path = mkdtempSync(join(tmpdir(), 'cppo-disk-'));
  const mount = (...parameters: string[]) =>
    execFileSync('mount', [...parameters, path], { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', 'size=30m', 'tmpfs');
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    change: (options) => mount('-o', `remount,${options}`),
    unmount: () => {
      execFileSync('umount', [path]);
      rmSync(path, { recursive: true });
    },
  };
}

it(
  'stops on a full disk with nothing half-written, goes on when there is space, and refuses a read-only one',
  async (context) => {
    const disk = smallDisk();
    if (disk === undefined) return context.skip('mounting a small disk is not allowed here');
    try {
      const output = join(disk.path, 'run');
      // A checkpoint takes 19 MB: the second does not fit beside the first.
      const { code, stderr } = await cppo(small(output, 3));
      expect(oneSentence(stderr)).toMatch(/^cppo: output: .* no space is left \(ENOSPC\).* --resume .*run$/);
      expect(code).toBe(3);
      expect(temporary(output)).toEqual([]);
      expect(readdirSync(join(output, 'checkpoints'))).toEqual(['step-000001']);
      expect(readFileSync(join(output, 'metrics.jsonl'), 'utf8')).toMatch(/\n$/);

      disk.change('size=200m');
      const resumed = await cppo(['train', '--resume', output]);
      expect(resumed.stderr).toContain('going on after step 1');
      expect(resumed.code).toBe(0);
      expect(existsSync(join(output, 'model', 'config.json'))).toBe(true);

      disk.change('ro');
      const refused = await cppo(['train', '--resume', output, '--steps', '4']);
      expect(oneSentence(refused.stderr)).toContain('cannot be written (EROFS)');
      expect(refused.code).toBe(2);
      const begun = await cppo(small(join(disk.path, 'other'), 1));
      expect(oneSentence(begun.stderr)).toContain('cannot be made (EROFS)');
      expect(begun.code).toBe(2);

      const data = join(root, 'disk.jsonl');
      writeFileSync(data, '{"question":"a","answer":"b","images":[]}\n');
      const [file, folder] = [join(disk.path, 'x.html'), join(disk.path, 'made')];
      const commands: [option: string, parameters: string[]][] = [
        ['--html', ['data', 'inspect', data, '--html', file]],
        ['--out', ['bench', 'sheet', '--task', 'digits', '--out', file]],
        ['--out', ['report', '--run', output, '--out', file]],
        ['--run', ['report', '--run', output]],
        ['--out', ['export', '--run', output, '--out', folder]],
        ['--out', ['eval', '--model', 'tiny', '--data', 'builtin:digits', '--out', folder]],
        ['--out', ['eval', '--model', 'tiny', '--data', 'builtin:digits', '--out', output]],
        ['--out', ['bench', 'export', '--count', '1', '--out', output]],
        ['--out', ['bench', 'cost', '--steps', '1', '--out', output]],
        ['--results', ['bench', 'ablation', '--arm', 'grpo', '--results', join(folder, 'x.jsonl')]],
      ];
      for (const [option, parameters] of commands) {
        const { code, stderr } = await cppo(parameters);
        expect(oneSentence(stderr)).toMatch(new RegExp(`^cppo: ${option}: .*\\(EROFS\\)\\.$`));
        expect(code).toBe(2);
      }
    } finally {
      disk.unmount();
    }
  },
  5 * minutes,
);
