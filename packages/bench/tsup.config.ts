import { defineConfig } from 'tsup';

export default defineConfig({
  entry: [
    'src/index.ts',
    'src/tasks.ts',
    'src/experiments.ts',
    'src/speed/size-worker.ts',
    'src/speed/step-worker.ts',
  ],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
