import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { withoutUnusedGlyphs } from './fewer-glyphs.js';
import { packedFiles } from './packed-files.js';

/** What lets memory be shared between threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const files = () => packedFiles(withoutUnusedGlyphs);

export default defineConfig({
  plugins: [files()],
  // Below any path.
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    alias: [
      {
        find: /^@tensorflow\/tfjs$/,
        replacement: fileURLToPath(new URL('./src/worker/tensorflow.ts', import.meta.url)),
      },
    ],
  },
  worker: { format: 'es', plugins: () => [files()] },
  // Model files are files: nothing of them stands in a program.
  build: { target: 'es2022', assetsInlineLimit: 0, chunkSizeWarningLimit: 1500 },
  server: { headers: isolation },
  preview: { headers: isolation },
});
