import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));

export default defineConfig({
  // The packages as they stand in the sources.
  resolve: {
    alias: [
      { find: /^@cppo\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@cppo\/([a-z-]+)\/([a-z-]+)$/, replacement: `${packages}$1/src/$2` },
    ],
  },
  test: { include: ['*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
