import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');

it('the README shows a step of the example', () => {
  const [, shown] = /```ts\n(\/\/ Sample a group[\s\S]*?)```/.exec(read('README.md'))!;
  const unindented = read('examples/cppo.ts').replaceAll(/^ {2}/gm, '');
  expect(unindented).toContain(shown);
});

// Needs a build, as a reader's first run does.
it('examples/cppo.ts trains the shipped model over the packages alone, in at most 120 lines', async () => {
  const source = read('examples/cppo.ts');
  expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  expect(source).not.toContain('@cppo/trainer');

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['node_modules/jiti/lib/jiti-cli.mjs', 'examples/cppo.ts', '2', '8'],
    { cwd: root },
  );
  const [start, ...steps] = stdout.trim().split('\n');
  expect(start).toMatch(/^engine \S+, 2 steps of 8 prompts × 8 answers$/);
  expect(steps.map((line) => line.replaceAll(/-?\d[\d.e+-]*/g, '#'))).toEqual(
    Array(2).fill('step #  accuracy #  loss/policy #  cppo/loss #  cppo/tokens #  gradient/norm #'),
  );
  const figures = steps.map((line) =>
    Object.fromEntries(
      [...line.matchAll(/(\S+) (-?[\d.e+-]+)/g)].map(([, key, value]) => [key, Number(value)]),
    ),
  );
  for (const [i, found] of figures.entries()) {
    expect(found.step).toBe(i + 1);
    // The shipped model is right in about half of its answers: there is something to learn, and to look at.
    expect(found.accuracy).toBeGreaterThan(0.1);
    expect(found.accuracy).toBeLessThan(0.9);
    expect(found['cppo/loss']).toBeGreaterThan(0);
    expect(found['cppo/tokens']).toBeGreaterThan(20);
    expect(found['gradient/norm']).toBeGreaterThan(0);
  }
}, 120_000);
