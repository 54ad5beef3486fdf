import type { RewardPartFunction } from '@cppo/trainer';

type Box = readonly [left: number, top: number, right: number, bottom: number];

/**
 * Intersection over union of the box that a completion names, as `<box>left, top, right, bottom</box>`, and the one in the
 * sample's column `box`. Zero where it names none.
 */
export default function grounding(): RewardPartFunction {
  return ({ id, completion, metadata }) => {
    const truth = boxOf(metadata?.box);
    if (truth === undefined) throw new Error(`sample ${id} has no box of four numbers`);
    const named = boxOf(/<box>(.*?)<\/box>/s.exec(completion)?.[1]?.split(',').map(Number));
    return named === undefined ? 0 : overlap(named, truth);
  };
}

function boxOf(value: unknown): Box | undefined {
  if (!Array.isArray(value) || value.length !== 4 || !value.every(Number.isFinite)) return undefined;
  const [left, top, right, bottom] = value;
  return [left, top, right, bottom];
}

function overlap(a: Box, b: Box): number {
  const area = ([left, top, right, bottom]: Box) => Math.max(0, right - left) * Math.max(0, bottom - top);
  const both = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  const either = area(a) + area(b) - both;
  return either === 0 ? 0 : both / either;
}
