import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build, defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/errors.ts', 'src/page.ts', 'src/page-document.ts', 'src/watch/thread.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  sourcemap: true,
  clean: true,
  onSuccess: buildPage,
});

/** The program of the pages: one text that stands in each of them. */
async function buildPage(): Promise<void> {
  await build({
    config: false,
    silent: true,
    entry: { page: 'src/page/start.tsx' },
    outDir: 'dist/browser',
    outExtension: () => ({ js: '.js' }),
    format: 'iife',
    target: 'es2020',
    platform: 'browser',
    minify: true,
    noExternal: [/.*/],
  });
  const text = readFileSync('dist/browser/page.js', 'utf8').replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(text).digest('base64');
  writeFileSync('dist/browser/page-program.json', JSON.stringify({ text, hash }));
  rmSync('dist/browser/page.js');
}
