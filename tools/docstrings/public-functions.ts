import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** What stands above a public function. */
export interface PublicFunction {
  readonly name: string;
  /** Names of its parameters; one that is taken apart has none. */
  readonly parameters: readonly string[];
  readonly returnsNothing: boolean;
  /** Names that `@param` describes, in order. */
  readonly described: readonly string[];
  readonly tags: readonly string[];
  readonly examples: readonly string[];
}

/** The functions that a package's `src/index.ts` exports, with their docstrings. */
export function publicFunctions(packageName: string): PublicFunction[] {
  const index = join(repository, 'packages', packageName, 'src/index.ts');
  const program = ts.createProgram([index], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const file = checker.getSymbolAtLocation(program.getSourceFile(index)!)!;
  return checker
    .getExportsOfModule(file)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .flatMap((symbol) => {
      const declared = symbol.declarations?.map((each) =>
        ts.isVariableDeclaration(each) && each.initializer ? each.initializer : each,
      );
      const declaration = declared?.find(
        (each) => ts.isFunctionDeclaration(each) || ts.isArrowFunction(each),
      );
      return declaration ? [describeFunction(symbol, declaration, checker)] : [];
    });
}

function describeFunction(
  symbol: ts.Symbol,
  declaration: ts.FunctionDeclaration | ts.ArrowFunction,
  checker: ts.TypeChecker,
): PublicFunction {
  const signature = checker.getSignatureFromDeclaration(declaration)!;
  const returned = checker.typeToString(checker.getReturnTypeOfSignature(signature));
  const tags = ts.getJSDocTags(declaration);
  const text = (tag: ts.JSDocTag) => ts.getTextOfJSDocComment(tag.comment) ?? '';
  return {
    name: symbol.name,
    parameters: declaration.parameters.map(({ name }) => (ts.isIdentifier(name) ? name.text : '')),
    returnsNothing: returned === 'void' || returned === 'Promise<void>',
    described: tags.filter(ts.isJSDocParameterTag).map(({ name }) => name.getText()),
    tags: tags.map(({ tagName }) => tagName.text),
    examples: tags.filter(({ tagName }) => tagName.text === 'example').map(text),
  };
}
