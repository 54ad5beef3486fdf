import { defineConfig } from 'vitest/config';

// Installing takes seconds a package, and longer where npm's cache is cold.
export default defineConfig({
  test: { name: 'packed packages', include: ['*.test.ts'], testTimeout: 120_000, hookTimeout: 240_000 },
});
