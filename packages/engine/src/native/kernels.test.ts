import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compileKernels } from './compile-kernels.js';

const run = promisify(execFile);
const checks = fileURLToPath(new URL('../../native/checks/checks.cc', import.meta.url));

const compiler = ['g++', 'clang++'].find((name) => {
  try {
    execFileSync(name, ['--version']);
    return true;
  } catch {
    return false;
  }
});

it.skipIf(!compiler)(
  'compute what plain loops do, on one and on several threads',
  async () => {
    const place = await mkdtemp(join(tmpdir(), 'engine-kernels-'));
    try {
      const compile = async (parameters: readonly string[]) => {
        await run(compiler!, [...parameters]);
      };
      const objects = await compileKernels(place, compile);
      const program = join(place, 'checks');
      await compile(['-std=c++17', '-O1', '-pthread', checks, ...objects, '-o', program]);
      // A level that the processor lacks falls back to the one below.
      for (const level of ['base', 'avx2', 'avx512', 'avx512bf16']) {
        for (const threads of ['1', '3']) {
          const env = { TF_NUM_INTRAOP_THREADS: threads, CPPO_PROCESSOR_LEVEL: level };
          expect((await run(program, { env })).stdout, `${level}, ${threads} threads`).toBe('0 wrong\n');
        }
      }
    } finally {
      await rm(place, { recursive: true });
    }
  },
  300_000,
);
