import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GroupRecord, readMetrics, type StepMetrics } from '@cppo/run';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cppo } from './command.js';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
const minutes = 60_000;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-own-rewards-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A short run, and the groups of its first step. */
async function train(name: string, steps: number, ...settings: string[]) {
  const output = join(root, name);
  const all = [...['rollout.prompts=3', 'rollout.completions=4', `output=${output}`], ...settings];
  const { code, stderr, stdout } = await cppo(
    ['train', '--steps', String(steps), ...all.flatMap((each) => ['--set', each])],
    { cwd: root },
  );
  expect(code, stderr).toBe(0);
  const groups = readFileSync(join(output, 'rollouts', 'step-000001.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as GroupRecord);
  return { metrics: readMetrics(join(output, 'metrics.jsonl')), groups, stdout, output };
}

it(
  'several rewards, those of the examples, see sample, pictures and group',
  async () => {
    const seen: { readonly text: string; readonly pictures: string[] }[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      const content = JSON.parse(body).messages[0].content as {
        text?: string;
        image_url?: { url: string };
      }[];
      seen.push({
        text: content.at(-1)?.text ?? '',
        pictures: content.flatMap(({ image_url }) => image_url?.url ?? []),
      });
      response.end(JSON.stringify({ choices: [{ message: { content: '7' } }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    // The shipped model's own task, with a box in a column of the user's own.
    const exported = await cppo(['bench', 'export', '--task', 'digits', '--count', '6', '--out', 'digits'], {
      cwd: root,
    });
    expect(exported.code, exported.stderr).toBe(0);
    const file = join(root, 'digits', 'samples.jsonl');
    const rows = readFileSync(file, 'utf8').trim().split('\n');
    writeFileSync(
      file,
      rows.map((row) => `${JSON.stringify({ ...JSON.parse(row), box: [0, 0, 4, 4] })}\n`).join(''),
    );

    const functions = [
      'boxed',
      `{module: ${examples}grounding.ts, weight: 0.5}`,
      `{module: ${examples}diversity.ts, weight: 0.25}`,
      `{module: ${examples}picture-judge.ts, weight: 2, baseUrl: "http://127.0.0.1:${port}/v1", model: clerk}`,
    ];
    const data = `{name: ${file}, fields: {metadata: [box]}}`;
    const { metrics, groups } = await train(
      'several',
      2,
      `reward.functions=[${functions.join(', ')}]`,
      ...[`data.train=${data}`, `data.eval=${data}`, 'evaluation.questions=2', 'evaluation.samples=2'],
      'data.template=question',
    );
    server.close();

    for (const step of metrics) {
      expect(step['reward/unjudged']).toBe(0);
      // The model names no box.
      expect(step['reward/grounding']).toBe(0);
      expect(step['reward/picture-judge']).toBeCloseTo(0.7, 12);
      expect(step['reward/mean']).toBeCloseTo(
        (step['reward/boxed'] ?? 0) + 0.25 * (step['reward/diversity'] ?? 0) + 2 * 0.7,
        9,
      );
    }
    for (const { completions } of groups) {
      const texts = completions.map(({ text }) => text);
      const copies = completions.filter(({ text }) => texts.every((each) => each === text));
      for (const { parts } of copies) expect(parts.diversity).toBe(0);
      if (new Set(texts).size > 1)
        expect(Math.max(...completions.map(({ parts }) => parts.diversity ?? 0))).toBeGreaterThan(0);
    }
    // Two steps of 3 × 4 completions, and two questions with two answers before and after.
    expect(seen).toHaveLength(2 * 12 + 2 * 4);
    for (const { text, pictures } of seen) {
      expect(text).toMatch(/[\s\S]+The right answer is \d+\. A student wrote:\n/);
      expect(pictures).toEqual([expect.stringMatching(/^data:image\/png;base64,iVBOR/)]);
    }
  },
  4 * minutes,
);

it(
  'Vision-SR1 asks the policy about its own description, and a resumed run hears the same',
  async () => {
    // The shipped model has not learnt to describe: this stands in for it.
    writeFileSync(
      join(root, 'describe.mjs'),
      `export default () => async ({ question, answer, ask, index }) => {
         const said = await ask('What is ' + answer + '? ' + question.replaceAll('<image>', ''));
         return { reward: said.length % 7 + index, parts: { accuracy: index % 2, format: 1, said: said.length } };
       };`,
    );
    const settings = ['reward.function=./describe.mjs', 'data.eval=none'];
    const whole = await train('asked', 2, ...settings);
    const { output } = await train('asked-again', 1, ...settings);
    const resumed = await cppo(['train', '--resume', output, '--steps', '2'], { cwd: root });
    expect(resumed.code, resumed.stderr).toBe(0);
    const said = (metrics: readonly StepMetrics[]) => metrics.map((step) => step['reward/said']);
    expect(said(readMetrics(join(output, 'metrics.jsonl')))).toEqual(said(whole.metrics));
    expect(whole.metrics[0]?.['reward/said']).toBeGreaterThan(0);
    const { metrics } = await train(
      'sr1',
      1,
      'reward.function=vision-sr1',
      'data.template=described',
      'data.eval=none',
    );
    expect(metrics[0]).toMatchObject({ 'reward/description': 0, 'reward/format': 0, 'reward/unjudged': 0 });
  },
  4 * minutes,
);

it(
  'the augmented sampler trains under the view that it sampled from',
  async () => {
    const sampler = '{name: augmented, view: {name: rotate, degrees: 20}, share: 1}';
    const { metrics } = await train(
      'augmented',
      1,
      `rollout.sampler=${sampler}`,
      'data.eval=none',
      'objective.type=grpo',
    );
    const [step] = metrics;
    // ℓ_old stands under the picture that is trained on.
    expect(Math.abs((step?.['policy/ratioMean'] ?? 0) - 1)).toBeLessThan(1e-4);
    expect(step?.['gradient/broken']).toBe(0);
  },
  2 * minutes,
);
