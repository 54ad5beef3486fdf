import { editDistance } from './edit-distance.js';

/**
 * The name that was most likely meant: letter case, underscores and hyphens aside, the one with the fewest edits, and
 * at most four for ten letters of the name. A beginning or an end of a name is as near as one edit.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const plain = letters(name);
  let nearest: string | undefined;
  let least = Math.max(1, 0.4 * plain.length);
  for (const candidate of known) {
    const distance = distanceOf(plain, letters(candidate));
    if (distance <= least && (nearest === undefined || distance < least)) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

function distanceOf(name: string, candidate: string): number {
  const edits = editDistance(name, candidate);
  const part = name.length > 1 && (candidate.startsWith(name) || candidate.endsWith(name));
  return part ? Math.min(1, edits) : edits;
}

function letters(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '');
}
