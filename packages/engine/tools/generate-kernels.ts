// Writes what follows from the descriptions in src/kernels/. Run with jiti after changing them, then compile assembly/
// (tools/build-wasm.mjs); a test writes both again and compares.
import { writeFile } from 'node:fs/promises';
import { generatedFiles } from '../src/kernels/generated-files.js';

for (const [path, text] of Object.entries(generatedFiles())) {
  await writeFile(new URL(`../${path}`, import.meta.url), text);
}
