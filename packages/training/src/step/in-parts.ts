import { seededRandom } from '@cppo/perturb';
import { equalContent } from './equal-content.js';

/** Sampling options of some prompts; any further ones are passed on. */
interface Seeded {
  readonly seed?: number;
}

/**
 * Requests prompts a few at a time and joins the answers: keys and values of all at once may not fit into
 * memory.
 *
 * What is sampled for a prompt depends on the seed and the prompt only, not on its part. A policy
 * distinguishes equal prompts only within one request, so a prompt that occurred in an earlier part gets
 * another seed:
 *
 *   seed(n) = seed for n = 0, otherwise drawn from (seed, n), n being the equal prompts in earlier parts
 *
 * @param prompts all of them.
 * @param size prompts per request.
 * @param wish options of sampling, passed on to `ask`.
 * @param ask answers the prompts of one part.
 * @returns the answers, in order.
 * @throws RangeError when a part has more or fewer answers than prompts.
 * @example
 * const ask = async (part) => part.map(({ question }) => question.length);
 * const prompts = ['red?', 'blue?', 'how many?'].map((question) => ({ question }));
 * await inParts(prompts, 2, undefined, ask); // [4, 5, 9]
 */
export async function inParts<P extends object, C, O extends Seeded>(
  prompts: readonly P[],
  size: number,
  wish: O | undefined,
  ask: (part: readonly P[], wish: O | undefined) => Promise<readonly C[]>,
): Promise<C[]> {
  if (prompts.length <= size) return [...(await ask(prompts, wish))];
  const answers: C[] = [];
  for (let start = 0; start < prompts.length; start += size) {
    const part = prompts.slice(start, start + size);
    const before = prompts.slice(0, start);
    const counts = part.map((prompt) => before.filter((each) => equalContent(each, prompt)).length);
    const ofPart = new Map<number, readonly C[]>();
    for (const count of new Set(counts)) {
      const places = [...part.keys()].filter((place) => counts[place] === count);
      const asked = places.flatMap((place) => part.slice(place, place + 1));
      const found = await ask(asked, withSeedOf(wish, count));
      if (found.length !== asked.length) {
        throw new RangeError(
          `inParts: found ${found.length} answers to ${asked.length} prompts, expected one for each.`,
        );
      }
      for (const [i, place] of places.entries()) ofPart.set(place, found.slice(i, i + 1));
    }
    answers.push(...part.flatMap((_, place) => ofPart.get(place) ?? []));
  }
  return answers;
}

function withSeedOf<O extends Seeded>(wish: O | undefined, repeat: number): O | undefined {
  if (repeat === 0 || wish === undefined) return wish;
  return { ...wish, seed: seededRandom(wish.seed ?? 0, 'repeated prompt', repeat).bits() >>> 0 };
}
