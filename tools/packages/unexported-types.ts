import ts from 'typescript';

/**
 * Types that a bundled declaration file declares and does not export: each is named by the signature of something exported
 * (the bundler drops what is not), and a user cannot write it down.
 */
export function unexportedTypes(source: string): string[] {
  const exported = new Set<string>();
  const declared: string[] = [];
  for (const statement of ts.createSourceFile('index.d.ts', source, ts.ScriptTarget.ES2022).statements) {
    if (
      ts.isExportDeclaration(statement) &&
      statement.exportClause &&
      ts.isNamedExports(statement.exportClause)
    ) {
      for (const { propertyName, name } of statement.exportClause.elements)
        exported.add((propertyName ?? name).text);
    } else if (
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      (ts.isClassDeclaration(statement) && statement.name)
    ) {
      declared.push((statement.name as ts.Identifier).text);
    }
  }
  return declared.filter((name) => !exported.has(name));
}
