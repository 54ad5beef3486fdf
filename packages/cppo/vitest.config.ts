import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (name: string) => fileURLToPath(new URL(`../${name}/src/index.ts`, import.meta.url));

export default defineConfig({
  // The siblings as they stand in the sources: tests need no build.
  resolve: {
    alias: {
      '@cppo/contrastive-loss': source('contrastive-loss'),
      '@cppo/entropy-detect': source('entropy-detect'),
      '@cppo/grpo': source('grpo'),
    },
  },
  test: { include: ['src/**/*.test.ts', 'test/**/*.test.ts'], testTimeout: 60_000 },
});
