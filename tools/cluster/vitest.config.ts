import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { name: 'simulation of the cluster', include: ['*.test.ts'] } });
