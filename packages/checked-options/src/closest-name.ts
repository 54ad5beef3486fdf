import { editDistance } from './edit-distance.js';

/** The known name with the fewest edits, however many; of several the first. Nothing where none is known. */
export function closestName(name: string, known: readonly string[]): string | undefined {
  const edits = known.map((candidate) => editDistance(name, candidate));
  return known[edits.indexOf(Math.min(...edits))];
}
