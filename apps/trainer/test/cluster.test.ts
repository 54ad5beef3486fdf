import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@cppo/perturb';
import { readMetrics } from '@cppo/run';
import { afterAll, describe, expect, it } from 'vitest';
import { cppo, type Outcome } from './command.js';
import { remains } from './kills.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const addon = 'node_modules/@tensorflow/tfjs-node/lib/napi-v8/cppo_cluster.node';
const built = existsSync(join(repository, addon));

/** `CPPO_KILLS=20 npx vitest run test/cluster.test.ts` is the long form. */
const kills = Number(process.env.CPPO_KILLS ?? 2);
const seed = Number(process.env.CPPO_SEED ?? 1);

const root = mkdtempSync(join(tmpdir(), 'cppo-cluster-'));
afterAll(() => rmSync(root, { recursive: true }));

const settings = [
  ...['rollout.prompts=4', 'rollout.completions=4', 'rollout.maxTokens=28', 'rollout.temperature=2'],
  ...['evaluation.questions=3', 'evaluation.samples=2', 'evaluation.every=2'],
  ...['engine.prefer=tensorflow', 'engine.threads=1', 'cluster.lostSeconds=3', 'cluster.joinSeconds=60'],
];
const command = (run: string, ...further: string[]) => [
  ...['train', '--run', run, '--steps', '4'],
  ...[...settings, ...further].flatMap((assignment) => ['--set', assignment]),
];

function listen(port = 0): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(port, () => resolve(server)));
}
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const close = (server: Server) => new Promise((resolve) => server.close(resolve));

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen()));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

interface Learner extends Outcome {
  /** Milliseconds since the process began. */
  readonly lasted: number;
}

type Act = (said: string, children: readonly ChildProcess[]) => void;

/** Runs learners of one command, behind a proxy that leads nowhere; `act` hears what each of them says. */
async function learners(
  parameters: readonly (readonly string[])[],
  act: Act = () => {},
  onStart: (children: readonly ChildProcess[]) => void = () => {},
): Promise<Learner[]> {
  const addresses = (await freePorts(parameters.length)).map((port) => `127.0.0.1:${port}`);
  const children: ChildProcess[] = [];
  const begun = performance.now();
  const running = parameters.map(async (each, rank) => {
    const outcome = await cppo(each, {
      env: {
        ...{ CPPO_LEARNERS: addresses.join(','), CPPO_RANK: `${rank}` },
        ...{ http_proxy: 'http://127.0.0.1:9', grpc_proxy: 'http://127.0.0.1:9' },
      },
      onStart: (child) => {
        children[rank] = child;
        if (rank === parameters.length - 1) onStart(children);
      },
      onStderr: (said) => act(said, children),
    });
    return { ...outcome, lasted: performance.now() - begun };
  });
  return Promise.all(running);
}

const two = (run: string, act?: Act, onStart?: (children: readonly ChildProcess[]) => void) =>
  learners([command(run), command(run)], act, onStart);

/** Does something once, when a learner has said something. */
function when(pattern: RegExp, work: (children: readonly ChildProcess[]) => void): Act {
  let done = false;
  return (said, children) => {
    if (done || !pattern.test(said)) return;
    done = true;
    work(children);
  };
}

const texts = (run: string) =>
  readdirSync(join(run, 'rollouts')).map((name) =>
    readFileSync(join(run, 'rollouts', name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).completions.map(({ text }: { text: string }) => text)),
  );
const steps = (run: string) => readMetrics(join(run, 'metrics.jsonl'));

describe.skipIf(!built)(
  'learners in processes of their own (npm run engine:native builds what they take)',
  () => {
    it(
      `end as if nothing had happened, ${kills} kills later, and as one process`,
      async () => {
        const undisturbed = join(root, 'undisturbed');
        const whole = await two(undisturbed);
        expect(whole.map(({ code, stderr }) => [code, code === 0 || stderr])).toEqual([
          [0, true],
          [0, true],
        ]);
        expect(whole[1]!.stdout).toBe('');
        expect(whole[0]!.stderr).toMatch(/training 4\/4 .* 2 learners · exchange \d+ %/);
        const expected = remains(undisturbed);

        const alone = join(root, 'alone');
        expect((await cppo(command(alone))).code).toBe(0);
        expect(texts(alone)).toEqual(texts(undisturbed));
        for (const [i, metrics] of steps(alone).entries()) {
          const norm = steps(undisturbed)[i]!['gradient/norm']!;
          expect(norm).toBeGreaterThan(0);
          expect(Math.abs(metrics['gradient/norm']! / norm - 1)).toBeLessThan(1e-4);
        }
        for (const name of ['evaluation-before.json', 'evaluation-after.json']) {
          expect(readFileSync(join(alone, name), 'utf8')).toBe(readFileSync(join(undisturbed, name), 'utf8'));
        }

        const random = seededRandom(seed, 'kills of learners');
        for (let kill = 0; kill < kills; kill++) {
          const run = join(root, `killed-${kill}`);
          const victim = Math.floor(random.next() * 2);
          const after = random.next() * whole[0]!.lasted;
          let killed = Number.NaN;
          const moment = `learner ${victim} after ${after.toFixed(0)} ms`;
          const begun = performance.now();
          const ended = await two(run, undefined, (children) => {
            const timer = setTimeout(() => {
              killed = performance.now() - begun;
              children[victim]!.kill('SIGKILL');
            }, after);
            children[victim]!.on('exit', () => clearTimeout(timer));
          });
          const survivor = ended[1 - victim]!;
          if (ended[victim]!.signal === 'SIGKILL' && survivor.code !== 0) {
            expect(survivor.code, `${moment}: ${survivor.stderr}`).toBe(75);
            expect(survivor.stderr, moment).toMatch(
              new RegExp(
                `cppo: learner ${victim} .* (is gone|has not come within 60 s); start all learners again`,
              ),
            );
            if (survivor.stderr.includes('is gone'))
              expect(survivor.lasted - killed, moment).toBeLessThan(10_000);
          }
          const again = await two(run);
          expect(
            again.map(({ code }) => code),
            `${moment}: ${again[0]!.stderr}`,
          ).toEqual([0, 0]);
          const found = remains(run);
          expect(Object.keys(found), moment).toEqual(Object.keys(expected));
          for (const [name, content] of Object.entries(expected)) {
            // config.json names its output, sessions.json when who was at work.
            if (name === 'config.json' || name === 'sessions.json') continue;
            expect(found[name], `${name}, ${moment}`).toEqual(content);
          }
          rmSync(run, { recursive: true });
        }
      },
      (3 + 3 * kills) * 120_000,
    );

    it('stop together when one is asked to, with a checkpoint that one process goes on from', async () => {
      const run = join(root, 'stopped');
      const stopped = await two(
        run,
        when(/training 1\/4/, ([, second]) => second!.kill('SIGTERM')),
      );
      expect(stopped.map(({ code }) => code)).toEqual([143, 143]);
      const done = steps(run).length;
      expect(done).toBeLessThan(4);
      expect(readdirSync(join(run, 'checkpoints')).at(-1)).toBe(`step-00000${done}`);
      const finished = await cppo(command(run));
      expect([finished.code, steps(run).map(({ step }) => step)]).toEqual([0, [1, 2, 3, 4]]);
    }, 400_000);

    it('leave one that does not answer', async () => {
      const run = join(root, 'silent');
      let survivor: ChildProcess | undefined;
      const [first, second] = await two(
        run,
        when(/training 1\/4/, (children) => {
          survivor = children[0];
          children[1]!.kill('SIGSTOP');
          survivor!.on('exit', () => children[1]!.kill('SIGKILL'));
        }),
      );
      expect([first!.code, second!.signal]).toEqual([75, 'SIGKILL']);
      expect(first!.stderr).toMatch(
        /cppo: learner 1 \(127\.0\.0\.1:\d+\) has not answered for \d+ s; start all learners/,
      );
    }, 400_000);

    it('name what differs between them', async () => {
      const run = join(root, 'differ');
      const ended = await learners([command(run), command(run, 'objective.cppo.tau=0.2')]);
      expect(ended.map(({ code }) => code)).toEqual([2, 2]);
      for (const { stderr } of ended) {
        expect(stderr).toContain(
          'cppo: learner 1: objective.cppo.tau: found 0.2, expected 0.1 as on learner 0; learners differ in nothing but their number.',
        );
      }
      expect(existsSync(run)).toBe(false);
    }, 200_000);

    it('say which port is taken, and that they need a directory', async () => {
      const taken = await listen();
      const port = portOf(taken);
      const env = { CPPO_LEARNERS: `127.0.0.1:${port},127.0.0.1:9`, CPPO_RANK: '0' };
      const { code, stderr } = await cppo(command(join(root, 'taken')), { env });
      await close(taken);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`cppo: learner 0 cannot listen on port ${port}, which`),
      ]);
      const bare = await learners([['train'], ['train']]);
      for (const each of bare) {
        expect([each.code, each.stderr]).toEqual([
          2,
          expect.stringContaining(
            '--run: found none with 2 learners, expected a directory that all of them share.',
          ),
        ]);
      }
    }, 200_000);
  },
);

describe('--run', () => {
  it('keeps the configuration of a run that goes on', async () => {
    const run = join(root, 'kept');
    const small = [
      '--set',
      'rollout.prompts=2',
      '--set',
      'rollout.completions=2',
      '--set',
      'rollout.maxTokens=4',
    ];
    const begin = ['train', '--run', run, '--steps', '1', '--set', 'data.eval=none', ...small];
    expect((await cppo(begin)).code).toBe(0);
    const other = await cppo([...begin, '--set', 'seed=2']);
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringContaining(
        `cppo: seed: found 2 (--set seed=2), expected 1, with which ${run} was begun; or another --run.`,
      ),
    ]);
    const more = await cppo(['train', '--run', run, '--steps', '2']);
    expect([more.code, steps(run).map(({ step }) => step)]).toEqual([0, [1, 2]]);
  }, 300_000);
});
