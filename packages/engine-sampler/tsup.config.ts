import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/stand-in/index.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
