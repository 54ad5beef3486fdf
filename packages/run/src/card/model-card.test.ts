import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { modelCard } from './model-card.js';

const fixture = fileURLToPath(new URL('../../test/__fixtures__/run', import.meta.url));
let run: string;
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'cppo-card-'));
  cpSync(fixture, run, { recursive: true });
});
afterEach(() => rmSync(run, { recursive: true }));

const configure = (change: object) => {
  const file = join(run, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
};

it('says what was trained, on what, how and with what result', () => {
  configure({ model: 'Qwen/Qwen2.5-VL-3B-Instruct' });
  const card = modelCard(run, { step: 20, holds: 'model', dtype: 'bfloat16', repository: 'me/seer' });
  const [, head = '', text = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(card) ?? [];
  expect(head.split('\n')).toEqual([
    'pipeline_tag: image-text-to-text',
    'library_name: transformers',
    'base_model: Qwen/Qwen2.5-VL-3B-Instruct',
    'base_model_relation: finetune',
    ...['tags:', '  - cppo', '  - reinforcement-learning', '  - grpo'],
  ]);
  for (const line of [
    '# seer',
    '| Training data | builtin:digits |',
    '| Steps | 20 of 30 |',
    '| avg@8 | 35.4 % | 55.3 % (47.4–63.5) | +19.9 |',
    'model = AutoModelForImageTextToText.from_pretrained("me/seer")',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).toContain('"coefficient": 0.002');
});

it('says how adapters are put on their model, and names no directory to the hub', () => {
  configure({ model: './my|model', objective: undefined });
  const card = modelCard(run, { step: 30, holds: 'adapter', dtype: 'float32' });
  expect(card).toContain('library_name: peft');
  expect(card).not.toContain('base_model');
  expect(card).toContain('| Base model | ./my\\|model |');
  expect(card).toContain('model = PeftModel.from_pretrained(model, "path/to/this/directory")');
});

it('leaves out results that there are not, and keeps what stands in the configuration inside its fence', () => {
  rmSync(join(run, 'evaluation-after.json'));
  configure({ model: 'tiny', data: { train: 'a```b <b>' } });
  const card = modelCard(run, { step: 30, holds: 'model', dtype: 'float32' });
  expect(card).not.toContain('Held-out');
  expect(card).toContain('| Training data | a```b &lt;b> |');
  expect(card.match(/^````(json)?$/gm)).toEqual(['````json', '````']);
});
