/**
 * Asks for prompts a few at a time and joins the answers: keys and values of all at once may not fit into the memory. What is sampled
 * for a prompt does not depend on the others.
 *
 * @param size prompts at a time.
 */
export async function inParts<P, C>(
  prompts: readonly P[],
  size: number,
  ask: (part: readonly P[]) => Promise<readonly C[]>,
): Promise<C[]> {
  const answers: C[] = [];
  for (let start = 0; start < prompts.length; start += size) {
    answers.push(...(await ask(prompts.slice(start, start + size))));
  }
  return answers;
}
