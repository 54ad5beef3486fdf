import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Browsers start slowly on a busy machine.
  test: { include: ['src/**/*.test.ts', 'test/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 60_000 },
});
