// Compiles the kernel; `node kernel/compile.mjs` writes ../src/kernel/binary.ts.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** The text of src/kernel/binary.ts. */
export async function compile() {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  let binary;
  const { error, stderr } = await asc.main(
    [
      'index.ts',
      '--baseDir',
      folder,
      '--outFile',
      'kernel.wasm',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '-O3',
      '--noAssert',
      '--memoryBase',
      '16',
      '--use',
      'abort=',
    ],
    {
      writeFile: (name, contents) => {
        if (name.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error) throw new Error(`the kernel did not compile: ${stderr}`);
  return [
    '/** WebAssembly of the AssemblyScript sources in kernel/; written by kernel/compile.mjs. */',
    `export const kernelBinary =\n  '${Buffer.from(binary).toString('base64')}';`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../src/kernel/binary.ts', import.meta.url), await compile());
}
