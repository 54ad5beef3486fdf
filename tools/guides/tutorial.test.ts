import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repository } from './copy-of-repository.js';
import { stepsOf } from './tutorial.js';

const run = promisify(execFile);
const steps = stepsOf(readFileSync(join(repository, 'docs/tutorial.md'), 'utf8'));

let folder: string;
let programs: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cppo-tutorial-'));
  programs = mkdtempSync(join(tmpdir(), 'cppo-programs-'));
  // As `npm install @cppo/trainer` leaves the folder; npx would look for it there.
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(repository, 'node_modules/@cppo'), join(folder, 'node_modules/@cppo'));
  const npx = `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(repository, 'apps/trainer/dist/cli.js')}' "$@"\n`;
  writeFileSync(join(programs, 'npx'), npx);
  chmodSync(join(programs, 'npx'), 0o755);
});
afterAll(() => {
  for (const path of [folder, programs]) rmSync(path, { recursive: true });
});

describe.skipIf(process.platform === 'win32')('docs/tutorial.md, followed to the letter', () => {
  it('is read whole', () => {
    expect(steps.filter((step) => 'file' in step).map((step) => 'file' in step && step.file)).toEqual([
      'first.yaml',
      'brief.ts',
      'brief.yaml',
    ]);
    expect(steps.filter((step) => 'run' in step).length).toBeGreaterThanOrEqual(10);
  });

  it.each(steps.map((step) => ['run' in step ? step.run : `File ${step.file}`, step] as const))(
    '%s',
    async (_, step) => {
      if ('file' in step) {
        writeFileSync(join(folder, step.file), `${step.text}\n`, { flag: 'wx' });
        return;
      }
      const { stdout, stderr } = await run('bash', ['-e', '-c', step.run], {
        cwd: folder,
        env: { ...process.env, PATH: `${programs}:${process.env.PATH}` },
      }).catch((error) => {
        throw new Error(`${step.run}\n${error.stdout}${error.stderr}`);
      });
      for (const line of step.shows) expect(stdout + stderr).toContain(line);
    },
  );

  it('leaves what it speaks of', () => {
    const spoken = [
      'look.html',
      'answer.html',
      'runs/first/report.html',
      'runs/first/model/model.safetensors',
      'runs/brief/compare.html',
      'my-model/README.md',
    ];
    expect(spoken.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
    expect(readFileSync(join(folder, 'pictures/train.jsonl'), 'utf8').trim().split('\n')).toHaveLength(16);
    expect(readFileSync(join(folder, 'pictures/held-out.jsonl'), 'utf8').trim().split('\n')).toHaveLength(4);
  });
});
