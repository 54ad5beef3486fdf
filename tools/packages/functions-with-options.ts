import { join } from 'node:path';
import ts from 'typescript';
import { repository } from './pack.js';

/** A parameter of a public function that is an object of options; `index` is its place among the parameters. */
export type OptionsParameter = { readonly function: string; readonly index: number };

/**
 * All such parameters of a package: of its functions, of constructors (`new C`), of static methods (`C.m`) and of methods
 * (`c.m`). Options are what is called so or typed so.
 */
export function functionsWithOptions(folder: string): OptionsParameter[] {
  const entry = join(repository, folder, 'src/index.ts');
  const program = ts.createProgram([entry], { ...compilerOptions(), noEmit: true });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entry);
  const face = file && checker.getSymbolAtLocation(file);
  if (file === undefined || face === undefined) throw new Error(`functionsWithOptions: no module ${entry}.`);

  const typeOf = (symbol: ts.Symbol) => checker.getTypeOfSymbolAtLocation(symbol, file);
  const found: OptionsParameter[] = [];
  const look = (name: string, signatures: readonly ts.Signature[]) => {
    for (const { parameters } of signatures) {
      for (const [index, parameter] of parameters.entries()) {
        const type = checker.typeToString(typeOf(parameter).getNonNullableType());
        if (isOptions(parameter.name, type)) {
          found.push({ function: name, index });
        }
      }
    }
  };
  for (const exported of checker.getExportsOfModule(face)) {
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? checker.getAliasedSymbol(exported) : exported;
    if (symbol.valueDeclaration === undefined) continue;
    const type = typeOf(symbol);
    look(exported.name, type.getCallSignatures());
    const constructors = type.getConstructSignatures();
    // What an error takes is the language's own.
    if (constructors[0] === undefined || instanceIsError(constructors[0])) continue;
    look(`new ${exported.name}`, constructors);
    const instance = `${exported.name.charAt(0).toLowerCase()}${exported.name.slice(1)}`;
    for (const [owner, members] of [
      [exported.name, type.getProperties().filter(({ name }) => name !== 'prototype')],
      [instance, constructors[0].getReturnType().getProperties()],
    ] as const) {
      for (const member of members) {
        if (isPublic(member)) look(`${owner}.${member.name}`, typeOf(member).getCallSignatures());
      }
    }
  }
  return found;
}

/** Not `#private`, whose name TypeScript decorates. */
const isPublic = (member: ts.Symbol) => !member.name.includes('#');

/** Errors take a message and what the language has for them. */
const instanceIsError = (made: ts.Signature) => made.getReturnType().getProperty('stack') !== undefined;

/** By its name, or by that of its type. */
function isOptions(name: string, type: string): boolean {
  return name === 'options' || /Options(<.*>)?$/.test(type);
}

function compilerOptions(): ts.CompilerOptions {
  const file = join(repository, 'tsconfig.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, repository).options;
}
