import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { repository } from './pack.js';

/** What TypeScript says to a small strict program that imports a package: complaints, and the names of its values. */
export type ConsumerTypes = { readonly complaints: readonly string[]; readonly names: readonly string[] };

/**
 * Type-checks three lines that use `name` as installed in `directory`, with Node's own resolution and without `skipLibCheck`:
 * complaints about our declaration files count, those about third-party files do not.
 */
export function checkConsumer(name: string, directory: string, types: readonly string[]): ConsumerTypes {
  const consumer = join(directory, 'consumer.ts');
  writeFileSync(
    consumer,
    [
      `import * as everything from '${name}';`,
      'export const names: string[] = Object.keys(everything);',
      'export type Everything = typeof everything;\n',
    ].join('\n'),
  );
  const program = ts.createProgram([consumer], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: [...types],
    typeRoots: [join(repository, 'node_modules/@types')],
  });
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName === consumer || fileName.includes('/node_modules/@cppo/'));
  const complaints = [
    ...program.getGlobalDiagnostics(),
    ...ours.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ].map((each) => ts.formatDiagnostic(each, formatHost(directory)).trim());

  const checker = program.getTypeChecker();
  const file = program.getSourceFile(consumer);
  const everything = file?.statements.find(ts.isTypeAliasDeclaration);
  if (everything === undefined) throw new Error(`checkConsumer: TypeScript did not read ${consumer}.`);
  const names = checker.getTypeAtLocation(everything).getProperties();
  return { complaints, names: names.map((symbol) => symbol.name) };
}

const formatHost = (directory: string): ts.FormatDiagnosticsHost => ({
  getCurrentDirectory: () => directory,
  getCanonicalFileName: (file) => file,
  getNewLine: () => '\n',
});
