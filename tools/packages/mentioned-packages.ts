import { isBuiltin } from 'node:module';
import ts from 'typescript';

/**
 * What a built module says about other packages.
 *
 * `imported` are the packages of its import, export, `import()`, `require()` and import-type specifiers; `loadedAtOnce` are those
 * among them that load with the module, so not `import()`. `texts` are all its strings: a name that is
 * resolved by a variable or by `require.resolve` appears only there.
 */
export type Mentions = {
  readonly imported: ReadonlySet<string>;
  readonly loadedAtOnce: ReadonlySet<string>;
  readonly texts: ReadonlySet<string>;
};

export function mentions(file: string, source: string): Mentions {
  const imported = new Set<string>();
  const loadedAtOnce = new Set<string>();
  const texts = new Set<string>();
  const add = (specifier: ts.Node | undefined, atOnce: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    if (/^[./]|^[a-z]+:(?!\/\/)/.test(specifier.text) && !specifier.text.startsWith('node:')) return;
    imported.add(packageOf(specifier.text));
    if (atOnce) loadedAtOnce.add(packageOf(specifier.text));
  };
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      texts.add(node.text);
    }
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, true);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    if (ts.isCallExpression(node)) {
      const called = node.expression;
      if (called.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false);
      if (ts.isIdentifier(called) && /^(__)?require$/.test(called.text)) add(node.arguments[0], true);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.ES2022, false));
  return { imported, loadedAtOnce, texts };
}

/** `@scope/name/sub/path` → `@scope/name`; a module of Node keeps its whole name. */
export function packageOf(specifier: string): string {
  if (isBuiltin(specifier)) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
