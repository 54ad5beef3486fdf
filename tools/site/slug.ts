/**
 * Makes the anchor of a heading as GitHub does, so that links hold there and on the site.
 *
 * @param heading its text, without marks.
 * @returns `What a step costs` → `what-a-step-costs`.
 */
export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}
