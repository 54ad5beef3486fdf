// A run whose completions come over HTTP from another process is the run that samples by itself. Needs a build.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promptSeed } from '@cppo/engine-sampler';
import { type GroupRecord, RunDirectory, readMetrics, type StepMetrics } from '@cppo/run';
import { runTraining } from '@cppo/training';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sampler } from '../src/components/index.js';
import { loadConfig } from '../src/config/load.js';
import { openSession, type Session } from '../src/session/session.js';
import { cppo } from './command.js';

const program = fileURLToPath(new URL('stand-in-engine.ts', import.meta.url));
const children: ChildProcess[] = [];
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-engine-run-'));
});
afterAll(() => {
  for (const child of children) child.kill();
  rmSync(root, { recursive: true });
});

type Kind = 'vllm' | 'sglang';

async function engine(kind: Kind, ...fault: string[]): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'jiti/register', program, kind, ...fault], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (said) => resolve(String(said).trim()));
    child.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
  });
}

const small = [
  ...['steps=4', 'rollout.prompts=3', 'rollout.completions=4', 'rollout.maxTokens=12', 'data.eval=none'],
  ...['rollout.temperature=1.3', 'lora={rank: 4}', 'optimizer.learningRate=2e-4', 'loggers=[]'],
  'engine.prefer=wasm',
];

const over = (kind: Kind, url: string) =>
  `rollout.sampler={name: engine, kind: ${kind}, urls: ['${url}'], model: tiny, adapters: '${root}/adapters', retries: 0}`;

/** As the stand-in samples: a prompt at a time, with the seed that it is told, or with its own. */
const inside = (kind: Kind): Sampler => ({
  async sample({ policy, prompts, completions, maxTokens, temperature, seed }) {
    const groups = [];
    for (const { id, prompt } of prompts) {
      const options = { completions, maxTokens, temperature };
      const [sampled = []] = await policy.generate([prompt], {
        ...options,
        seed: kind === 'vllm' ? promptSeed(seed, id) : 7,
      });
      groups.push({ completions: sampled });
    }
    return groups;
  },
});

interface Ran {
  readonly metrics: readonly StepMetrics[];
  readonly groups: readonly GroupRecord[];
  readonly weights: readonly number[];
}

/** Differs within a group, which an answer of the untrained model seldom is right in. */
const reward: Session['reward'] = ({ completion }) => {
  const accuracy = [...completion].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 2;
  return { reward: accuracy, parts: { accuracy, format: 1 } };
};

let runs = 0;
async function run(set: readonly string[], sampler?: Sampler): Promise<Ran> {
  const session = await openSession((await loadConfig({ set: [...small, ...set] })).config);
  const directory = RunDirectory.create(join(root, `run-${runs++}`), { exact: true });
  try {
    const components = { ...session.components, ...(sampler && { sampler }) };
    await runTraining({ ...session, components, reward }, directory, 0);
    const weights = await Promise.all(session.policy.variables.map(async (each) => [...(await each.data())]));
    return {
      metrics: readMetrics(directory.file('metrics.jsonl')),
      groups: readGroups(directory),
      weights: weights.flat(),
    };
  } finally {
    directory.unlock();
    await session.source.close();
  }
}

function readGroups(directory: RunDirectory): GroupRecord[] {
  return readdirSync(directory.file('rollouts'))
    .sort()
    .flatMap((name) => readFileSync(directory.file('rollouts', name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as GroupRecord);
}

const tokens = ({ groups }: Ran) =>
  groups.map(({ id, completions }) => [id, completions.map(({ tokens }) => tokens)]);
const versions = ({ groups }: Ran) =>
  groups.map(({ step, completions }) => [step, new Set(completions.map(({ version }) => version))]);

/** Figures of the objective, which the two compute alike. */
const figures = /^(reward|loss|policy|cppo|gradient|advantage|completion|groups)\//;

function expectAlike(found: Ran, expected: Ran): void {
  expect(tokens(found)).toEqual(tokens(expected));
  expect(found.metrics).toHaveLength(expected.metrics.length);
  for (const [i, step] of expected.metrics.entries()) {
    for (const [key, value] of Object.entries(step).filter(([key]) => figures.test(key))) {
      const distance = Math.abs(Number(found.metrics[i]?.[key]) - Number(value));
      expect(distance, `step ${i + 1}: ${key}`).toBeLessThan(1e-5 * Math.max(1, Math.abs(Number(value))));
    }
  }
  const square = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
  const apart = found.weights.map((value, i) => value - (expected.weights[i] ?? Number.NaN));
  expect(Math.sqrt(square(apart) / square(expected.weights))).toBeLessThan(1e-5);
}

describe.each<Kind>(['vllm', 'sglang'])('a run over %s', (kind) => {
  it('is the run that samples by itself, to 1e-5', async () => {
    const [there, here] = [await run([over(kind, await engine(kind))]), await run([], inside(kind))];
    expectAlike(there, here);
    // The weights of each step were handed over, and taken back at the end.
    expect(versions(there)).toEqual(versions(here).map(([step]) => [step, new Set([Number(step) - 1])]));
    for (const step of there.metrics) {
      expect(step['sampler/lag']).toBe(0);
      expect(step['sampler/difference']).toBeLessThan(1e-5);
    }
    expect(there.metrics.filter((step) => Number(step['gradient/norm'] ?? 0) > 0).length).toBeGreaterThan(1);
    expect(readdirSync(join(root, 'adapters'))).toEqual([]);
  }, 240_000);

  it('stops when what was handed over is not what samples', async () => {
    // Of vLLM the answer itself would tell.
    const url = await engine(kind, kind === 'vllm' ? 'raw-log-probs' : 'base-model');
    const stopped = run([over(kind, url), 'optimizer.learningRate=0.3']);
    await expect(stopped).rejects.toThrow(
      kind === 'vllm'
        ? 'rollout.sampler: log-probabilities of the servers are those before the temperature'
        : /rollout\.sampler: log-probabilities of the servers differ .* expected at most 0\.1/,
    );
  }, 240_000);
});

it('rollout.ahead samples with weights one step old, and says so; twice the same', async () => {
  const url = await engine('vllm');
  const [first, again] = [
    await run([over('vllm', url), 'rollout.ahead=1', 'optimizer.learningRate=1e-3']),
    await run([over('vllm', url), 'rollout.ahead=1', 'optimizer.learningRate=1e-3']),
  ];
  expect(first.metrics.map((step) => step['sampler/lag'])).toEqual([0, 1, 1, 1]);
  expect(
    new Set(versions(first).map((each) => JSON.stringify([each[0], [...(each[1] as Set<number>)]]))),
  ).toEqual(new Set(['[1,[0]]', '[2,[0]]', '[3,[1]]', '[4,[2]]']));
  expect(tokens(again)).toEqual(tokens(first));
  expect(again.weights).toEqual(first.weights);
  // What was sampled with older weights is further from the policy than what was not.
  expect(first.metrics[2]?.['sampler/difference']).toBeGreaterThan(1e-4);
}, 240_000);

it.each<[string[], string]>([
  [['lora=null'], 'lora: found null, expected adapters, such as {rank: 16}'],
  [['rollout.topK=5'], 'rollout.topK: found 5, expected 0 where another engine samples'],
  [['rollout.topP=0.9'], 'rollout.topP: found 0.9, expected 1 where another engine samples'],
  [
    ['rollout.sampler=group', 'rollout.ahead=1'],
    'rollout.ahead: found 1, expected 0 where the policy itself',
  ],
  [['rollout.ahead=2'], 'rollout.ahead: found 2, expected a number of at most 1'],
  [['rollout.sampler={name: engine, kind: vlm}'], 'rollout.sampler.kind: found "vlm", expected'],
  [[], 'rollout.sampler: http://127.0.0.1:9/v1/models: connect ECONNREFUSED 127.0.0.1:9, in 1 attempt'],
])('%j is refused in one sentence, with exit code 2', async (set, sentence) => {
  const all = [...small, over('vllm', 'http://127.0.0.1:9'), ...set, `output=${root}/none`];
  const { code, stderr } = await cppo(['train', ...all.flatMap((each) => ['--set', each])]);
  expect(stderr).toContain(sentence);
  expect(code).toBe(2);
});
