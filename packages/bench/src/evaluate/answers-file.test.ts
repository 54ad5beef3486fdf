import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AnswersFile } from './answers-file.js';

const root = mkdtempSync(join(tmpdir(), 'cppo-answers-'));
afterAll(() => rmSync(root, { recursive: true }));

const answer = { id: '0', answers: [] };
const asked = { model: 'tiny', samples: 8 };
const arithmetic = { weights: 'float32', activations: 'float32', cache: 'float32' };

function fileOf(name: string, settings: object): string {
  const path = join(root, name);
  writeFileSync(path, `${JSON.stringify({ settings })}\n${JSON.stringify(answer)}\n`);
  return path;
}

describe('a file that says no number formats, as all did once', () => {
  it('goes on in float32', () => {
    const file = new AnswersFile(fileOf('same.jsonl', asked), { ...asked, ...arithmetic });
    expect(file.known).toEqual([answer]);
  });

  it('is refused in another format, with the flag that goes on', () => {
    const path = fileOf('other.jsonl', asked);
    expect(() => new AnswersFile(path, { ...asked, ...arithmetic, weights: 'bfloat16' })).toThrow(
      `--out: ${path} holds answers made with weights "float32", found "bfloat16"; expected the same (--weights float32), or another directory.`,
    );
  });
});

it('refuses answers of other settings', () => {
  const path = fileOf('settings.jsonl', { ...asked, ...arithmetic, samples: 4 });
  expect(() => new AnswersFile(path, { ...asked, ...arithmetic })).toThrow(
    'holds answers made with samples 4, found 8; expected the same, or another directory.',
  );
});
