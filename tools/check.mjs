// `npm test`: formatting and lint, types, build, tests. Stops at the first stage that fails.
// The last line counts the tests that really ran.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const report = join(mkdtempSync(join(tmpdir(), 'cppo-check-')), 'tests.json');

const stages = [
  ['formatting and lint', ['biome', 'ci', '.']],
  ['build', ['turbo', 'run', 'build', '--output-logs=errors-only']],
  ['types', ['tsc', '--noEmit']],
  ['tests', ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]],
];

for (const [name, [command, ...parameters]] of stages) {
  const started = Date.now();
  console.log(`\n── ${name}`);
  const { status } = spawnSync('npx', ['--no-install', command, ...parameters], { stdio: 'inherit' });
  console.log(
    `── ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(0)} s`,
  );
  if (status !== 0 && name !== 'tests') {
    console.log(`\n${name} failed, so no test ran.\n0 passed, 1 failed`);
    process.exit(1);
  }
  if (name === 'tests') process.exitCode = status === 0 ? 0 : 1;
}

const { numPassedTests, numFailedTests, numPendingTests, numFailedTestSuites } = JSON.parse(
  readFileSync(report, 'utf8'),
);
rmSync(report, { force: true });
// A file that cannot be loaded fails without failing one of its tests; it must not read as a success.
const failed = numFailedTests || (process.exitCode === 0 ? 0 : Math.max(1, numFailedTestSuites));
console.log(`\n${numPassedTests} passed, ${failed} failed, ${numPendingTests} skipped`);
