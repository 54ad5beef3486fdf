// Compiles assembly/ and writes the two binaries into src/wasm/binaries.ts. Run after changing assembly/;
// a test compiles again and compares.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns {Promise<Uint8Array>} the kernels for `target`: simd or relaxed. */
export async function compileKernels(target) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      '--config',
      'assembly/asconfig.json',
      '--target',
      target,
      '--outFile',
      'kernels.wasm',
      '--baseDir',
      root,
    ],
    {
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error) throw new Error(`compileKernels: ${target} does not compile.\n${stderr.toString()}`);
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = [
    '// Made from assembly/ by tools/build-wasm.mjs; do not edit. A test compiles again and compares.',
    '',
  ];
  for (const target of ['simd', 'relaxed']) {
    const binary = Buffer.from(await compileKernels(target));
    lines.push(`/** ${binary.length} bytes, base64. */`, `export const ${target}Binary =`);
    lines.push(`  '${binary.toString('base64')}';`, '');
    console.log(`${target}: ${binary.length} bytes`);
  }
  await writeFile(`${root}/src/wasm/binaries.ts`, lines.join('\n'));
}
