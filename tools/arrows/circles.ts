import type { Arrow } from './import-arrows.js';

/** The arrows from whose end others lead back to their beginning. */
export function arrowsInCircles(arrows: readonly Arrow[]): Arrow[] {
  return arrows.filter(({ from, to }) => reachableFrom(to, arrows).has(from));
}

function reachableFrom(start: string, arrows: readonly Arrow[]): ReadonlySet<string> {
  const reached = new Set([start]);
  // A set gives what is added to it while it is walked through.
  for (const folder of reached) {
    for (const { from, to } of arrows) if (from === folder) reached.add(to);
  }
  return reached;
}
