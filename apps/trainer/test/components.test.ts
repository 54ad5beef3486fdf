import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GroupRecord, readMetrics } from '@cppo/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-components-'));
});
afterAll(() => rmSync(root, { recursive: true }));

describe('examples/components.yaml', () => {
  it('trains two steps, with every component a module beside it', async () => {
    const output = join(root, 'run');
    const { code, stderr } = await cppo(
      ['train', '--config', join(examples, 'components.yaml'), '--set', `output=${output}`],
      { cwd: root },
    );
    expect(stderr).toContain('data       colours'); // data set
    expect(stderr).toContain('0.37 M parameters trained'); // policy: two layers of the 1.6 M
    expect(code).toBe(0);

    const metrics = readMetrics(join(output, 'metrics.jsonl'));
    expect(metrics).toHaveLength(2);
    for (const step of metrics) {
      expect(step['gradient/broken']).toBe(0);
      expect(step['reward/short']).toBeCloseTo(1 - step['completion/length']! / 12); // reward
      expect(step['loss/proximity']).toBeGreaterThan(0); // loss term: the sampler and the policy round differently
      expect(Math.abs(step['policy/ratioMean']! - 1)).toBeLessThan(1e-4); // sampler: ℓ_old is the policy's own
    }
    const gated = metrics.find((step) => step['cppo/gated']! > 0)!;
    expect(gated['loss/cppo']).toBeGreaterThan(0); // distance
    expect(gated['gradient/norm']).toBeGreaterThan(0);

    const groups = readFileSync(join(output, 'rollouts', 'step-000001.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as GroupRecord);
    const shown = groups.find(({ images }) => images !== undefined)!;
    // perturbation: the second removing view
    expect(Object.keys(shown.images!)).toEqual(['original', 'preserving', 'removing', 'removing-2']);
    expect(new Set(Object.values(shown.images!)).size).toBe(4);
    // detector: with a threshold below every rise all tokens are taken
    const masks = groups.flatMap(({ completions }) =>
      completions.flatMap((each) => each.perception?.mask ?? []),
    );
    expect(masks.length).toBeGreaterThan(0);
    expect(masks.every((bit) => bit === 1)).toBe(true);

    const table = readFileSync(join(output, 'figures.csv'), 'utf8').trim().split('\n'); // logger
    expect(table[0]).toBe('step,reward/mean,loss/total');
    expect(table).toHaveLength(3);
  }, 120_000);
});

it('refuses a module of the wrong kind before anything is made', async () => {
  writeFileSync(join(root, 'three.ts'), 'export default 3;');
  const { code, stderr } = await cppo(
    ['train', '--set', 'reward.function=./three.ts', '--set', 'output=made'],
    { cwd: root },
  );
  expect(stderr).toMatch(/^cppo: reward\.function \(three\.ts\): found 3 as default export, expected .*\n$/);
  expect(code).toBe(2);
  expect(existsSync(join(root, 'made'))).toBe(false);
});

it('asks a judge about what is not equal by calculation', async () => {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { model, messages } = JSON.parse(body);
    asked.push(messages[0].content);
    // One failure is tried again.
    if (asked.length === 1) response.writeHead(503).end();
    else
      response.end(JSON.stringify({ choices: [{ message: { content: model === 'clerk' ? 'Yes.' : '?' } }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const output = join(root, 'judged');
  const settings = [
    `reward.function={name: judge, baseUrl: "http://127.0.0.1:${port}/v1", model: clerk}`,
    ...['steps=1', 'data.eval=none', 'rollout.prompts=4', 'rollout.completions=4', `output=${output}`],
  ];
  const { code, stderr } = await cppo(['train', ...settings.flatMap((each) => ['--set', each])], {
    cwd: root,
  });
  server.close();
  expect(code, stderr).toBe(0);
  // The shipped model reads some digits wrong; this judge lets all answers pass.
  expect(asked.length).toBeGreaterThan(1);
  expect(asked.at(-1)).toMatch(/Question:\n[\s\S]+Reference answer:\n\d+\n\nStudent's answer:\n/);
  const [step] = readMetrics(join(output, 'metrics.jsonl'));
  expect(step!['reward/accuracy']).toBe(step!['reward/format']);
  expect(step!['reward/unjudged']).toBe(0);
}, 120_000);
