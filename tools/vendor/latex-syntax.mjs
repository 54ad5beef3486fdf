// Writes packages/reward/src/vendor/latex-syntax.js: the LaTeX parser of @cortex-js/compute-engine, which is one file of
// that package (decision 0023). `node tools/vendor/latex-syntax.mjs` fetches the package with npm and writes the file;
// with `--check` it compares instead.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const release = '@cortex-js/compute-engine@0.140.0';
const target = fileURLToPath(new URL('../../packages/reward/src/vendor/latex-syntax.js', import.meta.url));

const scratch = mkdtempSync(join(tmpdir(), 'cppo-vendor-'));
try {
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', release, '--json', '--pack-destination', scratch], { encoding: 'utf8' }),
  );
  execFileSync('tar', ['-xzf', join(scratch, filename), '-C', scratch]);
  const read = (file) => readFileSync(join(scratch, 'package', file), 'utf8');
  const notice = `/*!\n${release}, dist/esm-min/latex-syntax.js, as published.\n\n${read('LICENSE').trim()}\n*/\n`;
  const text = notice + read('dist/esm-min/latex-syntax.js');
  if (!process.argv.includes('--check')) writeFileSync(target, text);
  else if (readFileSync(target, 'utf8') !== text) {
    console.error(`${target} is not what ${release} holds; run node tools/vendor/latex-syntax.mjs.`);
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true });
}
