import { writeAssembly } from './write-assembly.js';
import { writeHeader } from './write-header.js';

/** The files that follow from the descriptions of kernels, by their paths in the package. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return { 'assembly/layouts.ts': writeAssembly(), 'native/layouts.h': writeHeader() };
}
