import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { buildCommand } from './build-command.js';

const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const elsewhere = mkdtempSync(join(tmpdir(), 'cppo-elsewhere-'));
afterAll(() => rmSync(elsewhere, { recursive: true }));

it("is the repository's script where npm finds that, and elsewhere a program that is there", () => {
  expect(buildCommand(repository)).toBe('npm run engine:native -- --from PYTHON_ENV_WITH_TENSORFLOW');
  // Of a workspace npm runs the workspace's own scripts.
  for (const directory of [elsewhere, join(repository, 'packages', 'engine')]) {
    const [node, program, option, project] = buildCommand(directory).split(' ');
    expect([node, option]).toEqual(['node', '--directory']);
    expect(existsSync(join(project!, 'node_modules'))).toBe(true);
    expect(program).toMatch(/native-cli\.js$/);
  }
});

it.skipIf(!existsSync(join(repository, 'packages', 'engine', 'dist', 'native-cli.js')))('runs there', () => {
  const [, program] = buildCommand(elsewhere).split(' ');
  expect(
    execFileSync(process.execPath, [program!, '--help'], { cwd: elsewhere, encoding: 'utf8' }),
  ).toContain('--directory');
});
