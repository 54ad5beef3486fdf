import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GroupRecord } from '../logs/rollout-log.js';

export interface SampledRollouts {
  readonly groups: readonly GroupRecord[];
  readonly rolledOut: { readonly groups: number; readonly steps: number };
}

/** How much of a run's rollouts a page holds. */
export interface RolloutLimits {
  /** Steps, evenly over the run, the first and the last among them. */
  readonly steps: number;
  /** Groups of a step, those with pictures first. */
  readonly groups: number;
  /** Characters of JSON, pictures included. A single group may exceed a step's share of it. */
  readonly characters: number;
}

const pageLimits: RolloutLimits = { steps: 40, groups: 8, characters: 6_000_000 };

/** Reads some of a run's rollouts: a page that held all of them would take minutes to open. */
export function sampleRollouts(
  directory: string,
  limits: RolloutLimits = pageLimits,
  files = rolloutFiles(directory),
): SampledRollouts {
  const chosen = spread(files, limits.steps);
  const share = limits.characters / Math.max(1, chosen.length);
  let perStep = 0;
  const groups = chosen.flatMap((file) => {
    const lines = linesOf(join(directory, file));
    perStep = Math.max(perStep, lines.length);
    return fitting(lines, limits.groups, share).map((line) => JSON.parse(line) as GroupRecord);
  });
  return { groups, rolledOut: { steps: files.length, groups: files.length * perStep } };
}

/** Names of the files of all steps, in their order. */
export function rolloutFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** The first lines that fit, those with pictures before the others, back in their order; at least one. */
function fitting(lines: readonly string[], count: number, characters: number): string[] {
  const pictured = (line: string) => line.includes('"images":{');
  const order = [...lines].sort((a, b) => Number(pictured(b)) - Number(pictured(a)));
  const taken = new Set<string>();
  let sum = 0;
  for (const line of order.slice(0, count)) {
    sum += line.length;
    if (taken.size > 0 && sum > characters) break;
    taken.add(line);
  }
  return lines.filter((line) => taken.has(line));
}

/** At most `count` of the items, evenly spaced, the first and the last among them. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  if (count === 1) return items.slice(-1);
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
