import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 60_000,
    // Pages answer when the processor does: a second is too short where others use it.
    expect: { poll: { timeout: 15_000 } },
  },
});
