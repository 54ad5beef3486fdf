import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { name: 'models of full size', include: ['*.test.ts'], testTimeout: 60_000 },
});
