import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdamW, alone, type Cluster, connectInProcess } from '@cppo/grpo';
import { encodePng } from '@cppo/perturb';
import { runStep, type StepResult } from '@cppo/training';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { openTrainingSource } from '../src/data/open-samples.js';
import { chooseComponents } from '../src/session/choose-components.js';
import { openSession, type Session } from '../src/session/session.js';

const scratch = mkdtempSync(join(tmpdir(), 'cppo-learners-'));
const rows = join(scratch, 'rows.jsonl');
const mixed = join(scratch, 'mixed.jsonl');
/** Two samples: a batch of four has each of them twice, in two epochs. In the second file one has no picture. */
beforeAll(async () => {
  const picture = await encodePng({ width: 56, height: 56, data: new Uint8Array(56 * 56 * 3).fill(99) });
  const images = [Buffer.from(picture).toString('base64')];
  const lines = ['three plus four?', 'two plus two?'].map((question, i) => ({
    question,
    answer: `${7 - 3 * i}`,
  }));
  const text = (each: readonly object[]) => each.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(rows, text(lines.map((line) => ({ ...line, images }))));
  writeFileSync(mixed, text([{ ...lines[0], images }, { ...lines[1] }]));
});
afterAll(() => rmSync(scratch, { recursive: true }));

const small = [
  ...['rollout.prompts=4', 'rollout.completions=3', 'rollout.maxTokens=6', 'rollout.temperature=3'],
  ...['steps=10', 'data.eval=none', 'microBatch=2', 'optimizer.learningRate=0.001'],
  ...['engine.prefer=wasm', 'engine.threads=1'],
];

/** Rewards that differ within a group, and are all equal in some. */
const reward: Session['reward'] = ({ completion, answer = '' }) => {
  const accuracy = answer.endsWith('3') ? 1 : completion.length % 2;
  return { reward: accuracy + completion.length / 100, parts: { accuracy, format: 0 } };
};

interface Learnt {
  readonly steps: readonly StepResult[];
  readonly weights: Float32Array;
  /** First moments after the first step: a multiple of its gradient where it makes one update. */
  readonly moments: Float32Array;
}

/** The sessions of the learners, opened once, with the weights that they began with. */
const opened = new Map<number, { readonly session: Session; readonly weights: readonly tf.Tensor[] }>();

/** A session under other settings; with adapters or a reference one of its own. */
async function sessionOf(rank: number, settings: readonly string[]): Promise<Session> {
  const { config } = await loadConfig({ set: [...small, ...settings] });
  if (config.lora !== null || config.objective.kl.coefficient > 0) return openSession(config);
  const known = opened.get(rank) ?? (await openOne());
  opened.set(rank, known);
  const { session, weights } = known;
  const { policy } = session;
  for (const [i, variable] of policy.variables.entries()) variable.assign(weights[i]!);
  const source = await openTrainingSource(config.data.train, config.seed);
  return {
    ...{ ...session, config, source, components: await chooseComponents(config) },
    // Adam divides a gradient near zero by its own size, and so magnifies the rounding of its sum; not with a large ε.
    optimizer: new AdamW(policy.variables, { weightDecay: config.optimizer.weightDecay, epsilon: 1e-3 }),
  };
}

async function openOne() {
  const session = await openSession((await loadConfig({ set: small })).config);
  return { session, weights: session.policy.variables.map((variable) => tf.keep(tf.clone(variable))) };
}

async function learn(cluster: Cluster, settings: readonly string[]): Promise<Learnt> {
  const session = await sessionOf(cluster.rank, settings);
  const steps = [await runStep({ ...session, reward, cluster }, 1)];
  const moments: Float32Array[] = [];
  for await (const { first } of session.optimizer.state().moments) moments.push(first);
  steps.push(await runStep({ ...session, reward, cluster }, 2));
  const parts = await Promise.all(session.policy.variables.map((variable) => variable.data<'float32'>()));
  await session.source.close();
  const joined = (arrays: readonly Float32Array[]) => Float32Array.from(arrays.flatMap((each) => [...each]));
  return { steps, weights: joined(parts), moments: joined(moments) };
}

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
const difference = (a: Float32Array, b: Float32Array) =>
  norm(a.map((value, i) => value - (b[i] ?? Number.NaN)));
const completionsOf = ({ steps }: Learnt) =>
  steps.map(({ records }) =>
    records.map(({ id, completions }) => [
      id,
      ...completions.map(({ text, advantage }) => `${text} ${advantage}`),
    ]),
  );
const pictured = ({ steps }: Learnt) =>
  steps.map(({ records }) => records.flatMap(({ id, images }) => (images === undefined ? [] : [id])));

describe.each<[name: string, learners: number, settings: string[]]>([
  ['cppo', 2, []],
  ['cppo with exact KL as distance', 2, ['objective.cppo.distance=kl']],
  ['grpo with KL', 2, ['objective.type=grpo', 'objective.kl.coefficient=0.1']],
  ['papo', 2, ['objective.type=papo']],
  ['vppo', 2, ['objective.type=vppo']],
  ['LoRA', 2, ['lora={rank: 2}']],
  ['mini-batches and epochs', 2, ['optimizer.miniBatch=2', 'optimizer.epochs=2', 'objective.type=grpo']],
  ['refills', 2, ['rollout.refills=2', 'objective.type=grpo']],
  ['whitening', 3, ['objective.policy.advantageScale=whiten', 'objective.type=grpo']],
  ['fewer groups than learners', 3, ['rollout.prompts=2']],
  ['equal prompts', 2, ['data.train=ROWS', 'objective.type=grpo']],
  ['a group without a picture', 2, ['data.train={name: MIXED, images: optional}', 'rollout.prompts=2']],
])('%s', (_, size, settings) => {
  it(`is trained by ${size} learners as by one`, async () => {
    const set = settings.map((setting) => setting.replace('ROWS', rows).replace('MIXED', mixed));
    const one = await learn(alone, set);
    const all = await Promise.all(connectInProcess(size).map((cluster) => learn(cluster, set)));
    const [first] = all;
    expect(completionsOf(first!)).toEqual(completionsOf(one));
    expect(pictured(first!)).toEqual(pictured(one));
    for (const learner of all) expect(learner.weights).toEqual(first!.weights);
    // Sums of float32 in another order; further updates of a step add theirs.
    const off = difference(first!.moments, one.moments) / norm(one.moments);
    expect(off).toBeLessThan(settings.includes('optimizer.epochs=2') ? 1e-5 : 2e-6);
    expect(difference(first!.weights, one.weights) / norm(one.weights)).toBeLessThan(1e-5);
    for (const [i, { metrics }] of one.steps.entries()) {
      const found = first!.steps[i]!.metrics;
      expect(metrics['gradient/norm']).toBeGreaterThan(0);
      for (const [key, value] of Object.entries(metrics)) {
        if (/^seconds\/|^tokens\/second$/.test(key)) continue;
        // Sums of float32 in another order.
        expect(Math.abs(found[key]! - value), key).toBeLessThan(1e-5 + 1e-4 * Math.abs(value));
      }
    }
  }, 240_000);
});

it('a sample that cannot be read costs its group on all learners', async () => {
  const all = await Promise.all(
    connectInProcess(2).map(async (cluster) => {
      const session = await sessionOf(cluster.rank, ['rollout.prompts=3', 'objective.type=grpo']);
      const source: Session['source'] = {
        ...session.source,
        take: async (...where) =>
          (await session.source.take(...where)).map((placed, i) =>
            i === 1
              ? {
                  ...placed,
                  sample: {
                    ...placed.sample,
                    images: [{ name: 'p.png', bytes: () => Promise.reject(new Error('gone')) }],
                  },
                }
              : placed,
          ),
      };
      return runStep({ ...session, source, reward, cluster }, 1);
    }),
  );
  for (const { metrics, warnings } of all) {
    expect(metrics).toMatchObject({ 'samples/leftOut': 1, 'groups/drawn': 2 });
    expect(warnings[0]).toMatch(/left out .*p\.png: gone/);
  }
  expect(all.map(({ records }) => records.length)).toEqual([2, 0]);
}, 240_000);
