// examples/cluster/cppo_ray.py with Ray itself, where a Python has it (CPPO_RAY_PYTHON, or python3): with a stand-in for
// the program, which ends as it is told to, and with the program.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMetrics } from '@cppo/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const script = join(repository, 'examples/cluster/cppo_ray.py');
const python = process.env.CPPO_RAY_PYTHON ?? 'python3';
const hasAddon = existsSync(
  join(repository, 'node_modules/@tensorflow/tfjs-node/lib/napi-v8/cppo_cluster.node'),
);
const hasRay = spawnSync(python, ['-c', 'import ray, ray.train, pyarrow']).status === 0;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-ray-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** What one start of a learner tells of itself. */
interface Start {
  readonly rank: number;
  readonly workers: readonly string[];
  readonly options: readonly string[];
}

/** How each rank ends: with a code, by a signal if it is negative, or by the end of the worker of Ray above it. */
type Attempt = readonly (number | 'lost')[];

/** A folder whose `node_modules/.bin/cppo` ends as it is told to, and the starts that it has seen. */
function standIn(attempts: readonly Attempt[]) {
  const folder = mkdtempSync(join(root, 'project-'));
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
  const program = join(folder, 'node_modules/.bin/cppo');
  writeFileSync(
    program,
    `#!${process.execPath}
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const { cluster, task } = JSON.parse(process.env.TF_CONFIG);
const startsOf = (rank) => {
  const file = 'starts.' + rank;
  return existsSync(file) ? readFileSync(file, 'utf8').split('\\n').length - 1 : 0;
};
const rank = task.index;
const attempt = startsOf(rank);
appendFileSync(
  'starts.' + rank,
  JSON.stringify({ rank, workers: cluster.worker, options: process.argv.slice(2) }) + '\\n',
);
const codes = ${JSON.stringify(attempts)}[attempt];
// Ray ends the others at the first loss: none before all have begun.
const waiting = setInterval(() => {
  if (!codes.every((_, each) => startsOf(each) > attempt)) return;
  clearInterval(waiting);
  const end = codes[rank];
  if (end === 'lost') {
    process.kill(process.ppid, 'SIGKILL');
    setTimeout(() => appendFileSync('outlived', 'yes'), 3000);
    return;
  }
  // The others notice a loss a little later than it happens.
  const leave = () => (end < 0 ? process.kill(process.pid, 'SIGKILL') : process.exit(end));
  setTimeout(leave, end === 75 ? 1500 : 500);
}, 50);
`,
  );
  chmodSync(program, 0o755);
  const starts = (rank: number): Start[] =>
    readFileSync(join(folder, `starts.${rank}`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  return { folder, starts };
}

/** Two learners in the project of a folder. */
function startRay(
  folder: string,
  options: readonly string[],
): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const parameters = ['--learners', '2', '--storage', mkdtempSync(join(root, 'records-')), '--'];
    const child = spawn(python, [script, ...parameters, ...options], {
      cwd: folder,
      env: { ...process.env, RAY_USAGE_STATS_ENABLED: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece) => {
        said += piece;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });
}

describe.skipIf(!hasRay)('cppo_ray.py, where Ray is installed', { timeout: 300_000 }, () => {
  const options = ['--run', '/shared/run a', '--config', 'run.yaml'];
  const run = (folder: string) => startRay(folder, options);

  it('gives each learner the addresses of all, and starts all again after a loss', async () => {
    const { folder, starts } = standIn([
      [75, -9],
      [75, 'lost'],
      [0, 0],
    ]);
    const { code, said } = await run(folder);
    expect(code, said).toBe(0);
    expect(starts(0)).toHaveLength(3);
    for (const [attempt, first] of starts(0).entries()) {
      expect(new Set(first.workers).size).toBe(2);
      for (const address of first.workers) expect(address).toMatch(/^[\d.]+:\d+$/);
      expect(starts(1)[attempt]!.workers).toEqual(first.workers);
      expect(first.options).toEqual(['train', ...options]);
    }
    expect(existsSync(join(folder, 'outlived'))).toBe(false);
  });

  it.each([[[75, 2]], [[3, 3]]])('does not try again after %j', async (codes) => {
    const { folder, starts } = standIn([codes]);
    const { code, said } = await run(folder);
    expect(code, said).toBe(codes[1]);
    expect(starts(0)).toHaveLength(1);
  });

  it.skipIf(!hasAddon)('trains with two learners, where the native engine is built', async () => {
    const directory = join(root, 'run');
    const small = [
      ...['rollout.prompts=2', 'rollout.completions=4', 'rollout.maxTokens=28', 'engine.threads=1'],
      ...['data.eval=none', 'checkpoint.every=1'],
    ].flatMap((assignment) => ['--set', assignment]);
    const { code, said } = await startRay(repository, ['--run', directory, '--steps', '1', ...small]);
    expect(code, said).toBe(0);
    const [line] = readMetrics(join(directory, 'metrics.jsonl'));
    expect(line).toMatchObject({ step: 1, 'cluster/learners': 2 });
  });
});
