/** Where in a model a variable is. */
export function layerOf(variable: string): string {
  const block = /(?:layers|blocks|h)\.(\d+)\./.exec(variable)?.[1];
  if (/visual|vision/.test(variable)) return block === undefined ? 'vision, the rest' : `vision ${block}`;
  return block === undefined ? 'text, the rest' : `text ${block}`;
}
