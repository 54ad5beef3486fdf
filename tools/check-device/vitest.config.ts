import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { name: 'the check of a device', include: ['*.test.ts'], testTimeout: 240_000 },
});
