import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./check-device.mjs', import.meta.url));
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cppo-check-device-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function run(...words: string[]) {
  const out = join(root, `${words.join('')}.json`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--out', out, ...words], {
    encoding: 'utf8',
  });
  return {
    status,
    stdout,
    stderr,
    report: existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : undefined,
  };
}

it('says in a sentence that there is no card, and that nothing was checked', (context) => {
  const { status, stdout, report } = run();
  if (report.device !== null) context.skip('there is a card');
  expect(report.summary).toMatch(/^No card to check here \(tensorflow-gpu: .*webgpu: .*\)\.$/);
  expect(stdout).toContain(report.summary);
  expect(report.checks).toBeUndefined();
  expect(status).toBe(0);
});

it('checks an engine of the processor as it would a card', () => {
  const { status, stderr, report } = run('--engine', 'wasm', '--models', 'tiny');
  expect(status, `${stderr}\n${JSON.stringify(report)}`).toBe(0);
  const { conformance, products, parity, tiny } = report.checks;
  expect(conformance.counts.passed).toBeGreaterThan(50);
  expect(products.gigaflops).toBeGreaterThan(1);
  expect(parity.difference).toBe(0);
  for (const step of [tiny.grpo, tiny.cppo]) {
    expect(step.shareOfPeak).toBeGreaterThan(0);
    expect(step.shareOfPeak).toBeLessThan(1);
  }
  expect(tiny.cppo.products).toBeGreaterThan(2 * tiny.grpo.products);
});

it('fails when a check cannot be done in time', () => {
  const { status, report } = run('--engine', 'wasm', '--models', 'tiny', '--minutes', '0.01');
  expect(report.summary).toMatch(/^wasm: failed conformance/);
  expect(report.checks.tiny.error).toMatch(/the time was up/);
  expect(status).toBe(1);
});

it.each([
  [['--engine', 'abacus'], '--engine is abacus; expected one of'],
  [['--models', '9b'], '--models has 9b; expected some of tiny, 1b'],
  [['--fast'], "Unknown option '--fast'"],
])('refuses %j with exit code 2', (words, message) => {
  const { status, stderr } = run(...words);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});
