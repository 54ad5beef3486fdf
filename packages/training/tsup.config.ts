import { defineConfig } from 'tsup';

export default defineConfig({
  // The step by itself loads where there is no Node.
  entry: ['src/index.ts', 'src/step/index.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
