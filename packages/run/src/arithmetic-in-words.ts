/**
 * Describes the number formats of a run, such as `weights nf4, activations float32, cache bfloat16`.
 *
 * @param formats of weights, activations, and the keys and values while sampling; float32 where absent.
 * @returns the description.
 * @example
 * arithmeticInWords({ weights: 'nf4' }); // 'weights nf4, activations float32, cache float32'
 */
export function arithmeticInWords(formats: {
  readonly weights?: string;
  readonly activations?: string;
  readonly cache?: string;
}): string {
  const { weights = 'float32', activations = 'float32', cache = 'float32' } = formats;
  return `weights ${weights}, activations ${activations}, cache ${cache}`;
}
