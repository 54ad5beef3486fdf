import { editDistance } from './edit-distance.js';

/** More than these is no hint. */
const most = 3;

/**
 * The keys that an unknown one was most likely meant to be, the same level before others: those written alike but for case
 * and underscores (`learning_rate`), its abbreviation (`lr`), a few letters off, or with words in common (`batch_size`).
 *
 * @param path where the unknown key was found.
 * @param known paths of all keys.
 * @returns none when nothing is near.
 */
export function nearestKeys(
  key: string,
  path: readonly PropertyKey[],
  known: readonly (readonly string[])[],
): (readonly string[])[] {
  const beside = known.filter((each) => `${each.slice(0, -1)}` === `${path}`);
  for (const cost of [isWrittenAlike, lettersOff]) {
    for (const candidates of [beside, known]) {
      const found = best(candidates, (name) => cost(key, name, candidates === beside));
      if (found.length > 0) return found.slice(0, most);
    }
  }
  const abbreviated = known.filter((each) => initials(last(each)) === key.toLowerCase() && key.length > 1);
  if (abbreviated.length > 0) return abbreviated.slice(0, most);
  for (const candidates of [beside, known]) {
    const found = best(candidates, (name) => wordsApart(key, name));
    if (found.length > 0) return found.slice(0, most);
  }
  return [];
}

/** Of the candidates those with the lowest cost; a cost of undefined rules one out. */
function best(
  candidates: readonly (readonly string[])[],
  cost: (name: string) => number | undefined,
): (readonly string[])[] {
  const costs = candidates.map((each) => cost(last(each)) ?? Number.POSITIVE_INFINITY);
  const lowest = Math.min(...costs);
  return Number.isFinite(lowest) ? candidates.filter((_, i) => costs[i] === lowest) : [];
}

const last = (path: readonly string[]) => path[path.length - 1] ?? '';

const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function isWrittenAlike(key: string, name: string): number | undefined {
  return plain(key) === plain(name) ? 0 : undefined;
}

/** A key that was cut short is as near as can be; elsewhere fewer letters may differ than beside it. */
function lettersOff(key: string, name: string, beside: boolean): number | undefined {
  const [found, meant] = [plain(key), plain(name)];
  if (found.length > 2 && meant.startsWith(found)) return 1 - found.length / meant.length;
  const shorter = Math.min(found.length, meant.length);
  const most = beside && shorter > 3 ? Math.max(2, Math.floor(meant.length / 3)) : Math.floor(shorter / 4);
  const letters = editDistance(found, meant);
  return letters <= most ? letters : undefined;
}

function words(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

const initials = (name: string) =>
  words(name)
    .map((word) => word[0])
    .join('');

/** Words that are not in both; undefined where no telling word is. */
function wordsApart(key: string, name: string): number | undefined {
  const [found, meant] = [words(key), words(name)];
  const shared = found.filter((word) => meant.includes(word));
  if (!shared.some((word) => word.length > 3)) return undefined;
  return found.length + meant.length - 2 * shared.length;
}
