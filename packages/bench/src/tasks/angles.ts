import { type Chain, chain, joined, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Difficulty, Split, TaskDefinition } from './sample.js';
import { drawStyle } from './style.js';
import { element, label, picture } from './svg.js';

/**
 * A polygon with all angles but one written in it; the question is the last one. The figure is drawn to scale.
 *
 * Difficulty 1: a right triangle with one angle written. 2: any triangle, steps of 5°. 3: a quadrilateral, steps of 1°.
 */
export const angles: TaskDefinition = {
  name: 'angles',
  summary: 'the missing angle of a triangle or quadrilateral',
  describe: 'List all angles.',
  draw(random, difficulty, split) {
    const given = drawAngles(random, difficulty);
    const total = difficulty === 3 ? 360 : 180;
    const missing = total - given.reduce((sum, angle) => sum + angle, 0);
    const read: Chain = joined(
      given.map((angle) => chain`${seen(angle)}`),
      ', ',
    );
    return {
      scene: { given, total },
      width: 168,
      height: 168,
      svg: drawFigure(random, given, missing, split),
      question: 'What is the angle x?',
      answer: String(missing),
      reference: reply(chain`I see ${read}. ${total} - ${given.join(' - ')} = ${missing}`, missing),
      description: read,
    };
  },
};

function drawAngles(random: Random, difficulty: Difficulty): number[] {
  if (difficulty === 1) return [90, 10 * random.integer(3, 6)];
  if (difficulty === 2) {
    const first = 5 * random.integer(6, 18);
    return [first, 5 * random.integer(6, Math.floor((150 - first) / 5))];
  }
  // Drawn again until it is convex and no side is so short that the writing at its ends would meet.
  for (;;) {
    const drawn = [random.integer(60, 110), random.integer(60, 110), random.integer(60, 120)];
    const last = 360 - drawn.reduce((sum, angle) => sum + angle, 0);
    if (last < 50 || last > 130) continue;
    const points = corners([...drawn, last]);
    const sides = points.map((point, i) => {
      const next = points[(i + 1) % 4] as Point;
      return Math.hypot(point[0] - next[0], point[1] - next[1]);
    });
    if (Math.min(...sides) > 0.55 * Math.max(...sides)) return drawn;
  }
}

type Point = readonly [number, number];

/** Corners of a figure with the angles, in order, the base being between the first two. */
function corners(angles: readonly number[]): Point[] {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const [a, b, c] = angles as [number, number, number];
  if (angles.length === 3) {
    // Law of sines with a base of 1; the third corner is above it.
    const side = Math.sin(radians(b)) / Math.sin(radians(c));
    return [
      [0, 0],
      [1, 0],
      [side * Math.cos(radians(a)), -side * Math.sin(radians(a))],
    ];
  }
  // The left side has length 0.8; the right side and the top meet at the third angle.
  const left: Point = [0.8 * Math.cos(radians(a)), -0.8 * Math.sin(radians(a))];
  const rightWay = 180 - b;
  const topWay = rightWay + (180 - c);
  const [ux, uy] = [Math.cos(radians(rightWay)), -Math.sin(radians(rightWay))];
  const [vx, vy] = [Math.cos(radians(topWay)), -Math.sin(radians(topWay))];
  // (1, 0) + r·u + t·v = left.
  const determinant = ux * vy - uy * vx;
  const r = ((left[0] - 1) * vy - left[1] * vx) / determinant;
  return [[0, 0], [1, 0], [1 + r * ux, r * uy], left];
}

function drawFigure(random: Random, given: readonly number[], missing: number, split: Split): string {
  const style = drawStyle(random, split, ['shades']);
  const size = 168;
  const turn = style.layout === 'in-domain' ? 0 : (random.between(-180, 180) * Math.PI) / 180;
  const turned = corners([...given, missing]).map(
    ([x, y]): Point => [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)],
  );
  const [left, right, top, bottom] = [
    Math.min(...turned.map(([x]) => x)),
    Math.max(...turned.map(([x]) => x)),
    Math.min(...turned.map(([, y]) => y)),
    Math.max(...turned.map(([, y]) => y)),
  ];
  const scale = (size * (style.layout === 'in-domain' ? 0.84 : 0.74)) / Math.max(right - left, bottom - top);
  const points = turned.map(
    ([x, y]): Point => [
      size / 2 + (x - (left + right) / 2) * scale,
      size / 2 + (y - (top + bottom) / 2) * scale,
    ],
  );
  const writing = [...given, missing].map((angle, i) => {
    const corner = points[i] as Point;
    const neighbors = [points[(i + 1) % points.length], points.at(i - 1)] as [Point, Point];
    const [one, other] = neighbors.map(([x, y]) => {
      const away = Math.hypot(x - corner[0], y - corner[1]);
      return [(x - corner[0]) / away, (y - corner[1]) / away] as const;
    }) as [Point, Point];
    const bisector: Point = [one[0] + other[0], one[1] + other[1]];
    const content = i < given.length ? `${angle}°` : 'x';
    // As far in as the writing clears both sides: a letter of the DejaVu fonts is at most 0.7 em wide, the degree sign 0.5.
    const [wide, high] = [11 * (0.35 * content.length - (i < given.length ? 0.1 : 0)), 11 * 0.37];
    const room = Math.max(...[one, other].map(([x, y]) => wide * Math.abs(y) + high * Math.abs(x))) + 3;
    const reach = room / Math.sin((angle * Math.PI) / 360) / Math.hypot(...bisector);
    return label(corner[0] + bisector[0] * reach, corner[1] + bisector[1] * reach, content, {
      size: 11,
      fill: style.ink,
      family: style.family,
      weight: style.weight,
    });
  });
  return picture(size, size, style.background, [
    element('polygon', {
      points: points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' '),
      fill: 'none',
      stroke: style.ink,
      'stroke-width': 2,
    }),
    ...writing,
    ...style.noise(size, size),
  ]);
}
