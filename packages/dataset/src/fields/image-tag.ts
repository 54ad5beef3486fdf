/** The `<image>` tag that marks a picture's place in a question. */
export const imageTag = '<image>';

/**
 * Counts the `<image>` tags of a text.
 *
 * @param text a question or turn.
 * @returns their number.
 * @example
 * countImageTags('<image> and <image>: which is larger?'); // 2
 */
export function countImageTags(text: string): number {
  return text.split(imageTag).length - 1;
}
