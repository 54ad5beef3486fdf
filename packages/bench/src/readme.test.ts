import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import * as engine from '@cppo/engine';
import * as perturb from '@cppo/perturb';
import * as qwen from '@cppo/policy-qwen';
import * as rewards from '@cppo/reward';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as experiments from './experiments.js';
import * as bench from './index.js';

const { drawSamples, readChain } = bench;

let folder: string;
let readme: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cppo-readme-'));
  readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
});
afterAll(() => rmSync(folder, { recursive: true }));

it('README shows what its example prints', async () => {
  const shown = /\n```\n(What is [^`]*)```/.exec(readme)![1]!;
  const [sample] = drawSamples({ tasks: ['digits'], seed: 1, count: 1 });
  const { question, reference, perception, image } = sample!;
  const lines = shown.split('\n');
  expect(lines[0]).toBe(question);
  expect(lines[1]).toBe(reference);
  expect(lines[2]).toBe(
    `[ ${perception.map(([start, end]) => `'${reference.slice(start, end)}'`).join(', ')} ]`,
  );
  expect(lines[3]).toBe(`${(await image.png()).length} bytes of PNG, the same on every machine`);
  const reply = /const reply = '(.*)';/.exec(readme)![1]!.replace('\\\\', '\\');
  const printed = readChain(reply, reference, perception)!.map(
    ({ expected, found, span }) =>
      `  { expected: '${expected}', found: '${found}', span: [ ${span.join(', ')} ] }`,
  );
  expect(lines.slice(4, 8).join('\n')).toBe(`[\n${printed.join(',\n')}\n]`);
});

describe('the experiments of the README', () => {
  const model = fileURLToPath(new URL('../../../apps/trainer/models/tiny', import.meta.url));

  /** What the examples leave to the reader: a loop and a policy that answer 3 to everything. */
  const answers = {
    generate: async (prompts: readonly unknown[], { completions }: { readonly completions: number }) =>
      prompts.map(() =>
        Array.from({ length: completions }, () => ({ tokens: [1], text: '\\boxed{3}', truncated: false })),
      ),
  };
  const openLoop = async (settings: readonly string[]) => ({
    policy: answers,
    step: async () => ({
      'seconds/step': settings.includes('objective.type=grpo') ? 2 : 3,
      'seconds/sampling': 1,
    }),
    train: async (file: string, check: () => Promise<void>) => {
      for (const step of [1, 2]) {
        await check();
        appendFileSync(file, `${JSON.stringify({ step, 'seconds/step': 1, 'reward/accuracy': 0.5 })}\n`);
      }
    },
    heldOut: () =>
      ['3', '4'].map((answer) => ({ sample: { id: answer, question: '?', answer }, encode: () => 0 })),
    close: async () => {},
  });
  const rows = ['3', '5'].map((answer) => ({ id: answer, question: '?', answer, images: [] }));
  const readRows = () => ({ samples: rows, skipped: [], encode: () => 0, close: async () => {} });

  it('print what it says', async () => {
    const section = readme.slice(readme.indexOf('## Experiments'));
    const examples = [...section.matchAll(/```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];
    expect(examples).toHaveLength(5);
    const code = examples
      .map(([, text]) => text!.replace(/^import .*\n/gm, '').replace("'models/tiny'", JSON.stringify(model)))
      .join("console.log('---');\n");
    const lines: string[] = [];
    const given: Record<string, unknown> = {
      ...{ ...engine, ...perturb, ...qwen, ...rewards, ...bench, ...experiments },
      ...{ folder, openLoop, answers, readRows },
      console: { log: (...values: unknown[]) => lines.push(format(...values)) },
    };
    const AsyncFunction = (async () => {}).constructor as new (
      ...parts: string[]
    ) => (...values: unknown[]) => Promise<void>;
    await new AsyncFunction(...Object.keys(given), code)(...Object.values(given));
    const printed = lines.join('\n').split('\n---\n');
    expect(printed.map((text) => text.trim())).toEqual(examples.map(([, , output]) => output!.trim()));
  });

  it('are all in the table', () => {
    const table = readme.slice(readme.indexOf('## Experiments'), readme.indexOf('### Which tokens'));
    for (const name of ['measureCost', 'measureDetection', 'measureViews', 'runArm', 'runBenchmark'])
      expect(table).toContain(`\`${name}\``);
    for (const name of Object.keys(experiments).filter((each) => each.endsWith('Suite')))
      expect(table).toContain(`\`${name}\``);
  });
});
