/** What is used of the library's parser; its own declarations describe all of it. */
export declare class LatexSyntax {
  /** What the library's parser makes of LaTeX (https://mathlive.io/math-json), `null` when it is empty. */
  parse(latex: string): unknown;
}
