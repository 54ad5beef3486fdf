import { defineConfig } from 'tsup';

export default defineConfig({
  // The names of formats by themselves load nothing.
  entry: ['src/index.ts', 'src/formats.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  sourcemap: true,
  clean: true,
});
