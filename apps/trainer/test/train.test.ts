import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMetrics, type StepMetrics } from '@cppo/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

const minutes = 60_000;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-train-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const small = (output: string, ...more: string[]) => [
  'train',
  ...[
    'rollout.prompts=3',
    'rollout.completions=4',
    'microBatch=2',
    'evaluation.questions=2',
    'evaluation.samples=2',
  ]
    .concat(`output=${join(root, output)}`, more)
    .flatMap((assignment) => ['--set', assignment]),
];

/** Everything but times and rates. */
function figures(output: string): Record<string, number>[] {
  return readMetrics(join(root, output, 'metrics.jsonl')).map((line: StepMetrics) =>
    Object.fromEntries(
      Object.entries(line).filter(([key]) => !/^(seconds|process)\/|^tokens\/second$/.test(key)),
    ),
  );
}

describe('cppo train', () => {
  it(
    'leaves the whole run directory, and continues to the same figures after a kill',
    async () => {
      const whole = await cppo([...small('whole'), '--steps', '2']);
      expect(whole.stderr).toContain('training 2/2');
      expect(whole.code).toBe(0);
      expect(whole.stdout).toMatch(/before[\s\S]*after/);
      const left = readdirSync(join(root, 'whole'));
      for (const name of [
        'config.json',
        'metrics.jsonl',
        'report.html',
        'model',
        'checkpoints',
        'rollouts',
      ]) {
        expect(left).toContain(name);
      }
      expect(left.some((name) => name.startsWith('events.out.tfevents.'))).toBe(true);
      expect(figures('whole')).toHaveLength(2);
      const perceived = figures('whole').filter((step) => step['cppo/tokens']! > 0);
      expect(perceived).not.toEqual([]);
      for (const step of perceived) expect(step['loss/cppo']).toBeGreaterThan(0);

      // Killed as soon as the first step is told: in the middle of the second one.
      const killed = await cppo([...small('killed'), '--steps', '2'], {
        onStderr: (said, child) => {
          if (said.includes('training 1/2')) child.kill('SIGKILL');
        },
      });
      expect(killed.signal).toBe('SIGKILL');
      const resumed = await cppo(['train', '--resume', join(root, 'killed')]);
      expect(resumed.stderr).toContain('going on after step 1');
      expect(resumed.code).toBe(0);
      expect(figures('killed')).toEqual(figures('whole'));
      const model = (output: string) => readFileSync(join(root, output, 'model', 'model.safetensors'));
      expect(model('killed').equals(model('whole'))).toBe(true);
    },
    4 * minutes,
  );

  it(
    'prints a run as lines of JSON, evaluates it while it trains, and exports its best checkpoint',
    async () => {
      const { stdout, code } = await cppo([
        ...small('lines', 'evaluation.every=1', 'checkpoint.best=true'),
        ...['--steps', '2', '--json'],
      ]);
      expect(code).toBe(0);
      const lines = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const events = ['start', 'step', 'evaluation', 'step', 'evaluation', 'end'];
      expect(lines.map(({ event }) => event)).toEqual(events);
      const directory = join(root, 'lines');
      expect(lines[0]).toEqual({ event: 'start', directory, done: 0, steps: 2 });
      const { event: _, ...second } = lines[3];
      expect(second).toEqual(readMetrics(join(directory, 'metrics.jsonl'))[1]);
      expect(lines[5]).toMatchObject({ outcome: 'finished', model: join(directory, 'model') });
      expect(lines[5].after.value).toBe(lines[4]['evaluation/accuracy']);

      const better = lines[4]['evaluation/accuracy'] > lines[2]['evaluation/accuracy'] ? 2 : 1;
      const out = join(root, 'best');
      const exported = await cppo(['export', '--run', directory, '--best', '--out', out]);
      expect(exported.stdout).toContain(`the weights after step ${better},`);
      expect(readdirSync(out)).toContain('model.safetensors');
    },
    2 * minutes,
  );

  it(
    'stops on Ctrl-C with a checkpoint and 130',
    async () => {
      const stopped = await cppo([...small('stopped', 'data.eval=none'), '--steps', '50'], {
        onStderr: (said, child) => {
          if (said.includes('training 1/50') && !said.includes('SIGINT')) child.kill('SIGINT');
        },
      });
      expect(stopped.code).toBe(130);
      expect(stopped.stderr).toContain('--resume');
      expect(readdirSync(join(root, 'stopped', 'checkpoints'))).not.toEqual([]);
      expect(existsSync(join(root, 'stopped', 'run.lock'))).toBe(false);
    },
    2 * minutes,
  );

  it('names every broken line of a data file before anything else starts', async () => {
    const path = join(root, 'broken.jsonl');
    writeFileSync(path, '{"question":"?","answer":"1","images":["none.png"]}\n{"question":"?"}\nnot json\n');
    const { code, stderr } = await cppo([
      'train',
      '--set',
      `data.train=${path}`,
      '--set',
      `output=${join(root, 'broken')}`,
    ]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/broken\.jsonl:1.*images[\s\S]*broken\.jsonl:2.*answer[\s\S]*broken\.jsonl:3/);
    expect(existsSync(join(root, 'broken'))).toBe(false);
  });

  it.each([
    [['train', '--set', 'stesp=3'], 'stesp: unknown key. Did you mean steps?'],
    [['train', '--set', 'model=./nowhere'], 'model:'],
    [['train', '--resume', 'nowhere'], '--resume: nowhere holds no run'],
    [['train', '--steps', 'ten'], 'Expected a whole number'],
    [['eval', '--model', 'tiny', '--data', 'builtin:digit'], 'Did you mean digits?'],
    [
      ['score', '--model', 'tiny', '--image', 'none.png', '--prompt', 'a', '--completion', 'b'],
      'there is no file none.png',
    ],
    [['nonsense'], 'unknown command'],
  ])('%j exits with 2 and one sentence', async (parameters, sentence) => {
    const { code, stderr } = await cppo(parameters, { cwd: root });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
    expect(existsSync(join(root, 'runs'))).toBe(false);
  });
});
