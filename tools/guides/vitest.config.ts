import { defineConfig } from 'vitest/config';

// Building two packages and the trainer takes some seconds, and longer where the processor is shared.
export default defineConfig({
  test: { name: 'guides', include: ['*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000 },
});
