/** The `<image>` tag that marks a picture's place in a question. */
export const imageTag = '<image>';

/** Number of `<image>` tags in a text. */
export function countImageTags(text: string): number {
  return text.split(imageTag).length - 1;
}
