import { type Chain, chain, joined, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Split, TaskDefinition } from './sample.js';
import { shape } from './shapes.js';
import { type ColorName, colorNames, drawStyle } from './style.js';
import { element, picture } from './svg.js';

interface Thing {
  readonly color: ColorName;
  readonly row: number;
  readonly column: number;
}

const size = 112;

/**
 * Circles of different colours on a grid that is drawn; where one lies from another. Rows and columns are counted from
 * the upper left corner, from 1.
 *
 * Difficulty 1: 3 circles on 3×3, left or right. 2: 4 on 4×4, left, right, above or below.
 * 3: 6 on 5×5, steps along the grid from one to the other.
 */
export const places: TaskDefinition = {
  name: 'places',
  summary: 'where circles lie from each other',
  describe: 'List all places.',
  draw(random, difficulty, split) {
    const side = difficulty + 2;
    const count = [3, 4, 6][difficulty - 1] as number;
    const cells = random.choose(
      Array.from({ length: side * side }, (_, i) => i),
      count,
    );
    const colors = random.choose(colorNames, count);
    const placed = cells
      .sort((one, other) => one - other)
      .map(
        (cell, i): Thing => ({
          color: colors[i] as ColorName,
          row: Math.floor(cell / side),
          column: cell % side,
        }),
      );
    return {
      scene: { things: placed.map((thing) => ({ ...thing })), side },
      width: size,
      height: size,
      svg: drawThings(random, placed, side, split),
      ...ask(random, placed, difficulty),
      description: joined(
        placed.map((thing) => chain`${seen(thing.color)} at ${place(thing)}`),
        ', ',
      ),
    };
  },
};

const place = ({ row, column }: Thing): Chain => chain`row ${seen(row + 1)} column ${seen(column + 1)}`;

function ask(
  random: Random,
  placed: readonly Thing[],
  difficulty: number,
): { question: string; answer: string; reference: Chain } {
  const pairs = placed.flatMap((one) =>
    placed.filter((other) => other !== one).map((other) => [one, other] as const),
  );
  const axes = (['column', 'row'] as const).slice(0, difficulty === 1 ? 1 : 2);
  const possible = pairs.flatMap(([one, other]) =>
    axes.filter((axis) => one[axis] !== other[axis]).map((axis) => ({ one, other, axis })),
  );
  if (difficulty === 3 || possible.length === 0) {
    const [one, other] = random.pick(pairs);
    const [down, across] = [Math.abs(one.row - other.row), Math.abs(one.column - other.column)];
    return {
      question: `How many steps from ${one.color} to ${other.color}?`,
      answer: String(down + across),
      reference: reply(
        chain`I see ${one.color} at ${place(one)}, ${other.color} at ${place(other)}. ${down} + ${across} = ${down + across}`,
        down + across,
      ),
    };
  }
  const { one, other, axis } = random.pick(possible);
  const before = one[axis] < other[axis];
  const [less, more] = axis === 'column' ? ['left', 'right'] : ['above', 'below'];
  const answer = (before ? less : more) as string;
  const [a, b] = [one[axis] + 1, other[axis] + 1];
  return {
    question: `Is ${one.color} ${less} or ${more} of ${other.color}?`.replace(/(above|below) of/, '$1'),
    answer,
    reference: reply(
      chain`I see ${one.color} at ${axis} ${seen(a)}, ${other.color} at ${axis} ${seen(b)}. ${a} ${before ? '<' : '>'} ${b}`,
      answer,
    ),
  };
}

function drawThings(random: Random, placed: readonly Thing[], side: number, split: Split): string {
  const style = drawStyle(random, split, ['font']);
  const cell = size / side;
  const [small, large] = style.layout === 'in-domain' ? [0.28, 0.4] : [0.2, 0.32];
  const content = placed.map(({ color, row, column }) =>
    shape(
      style.layout === 'in-domain' ? 'circle' : random.pick(['circle', 'square', 'star'] as const),
      (column + 0.5 + random.between(-0.08, 0.08)) * cell,
      (row + 0.5 + random.between(-0.08, 0.08)) * cell,
      cell * random.between(small, large),
      style.color(color),
    ),
  );
  const grid = Array.from({ length: side - 1 }, (_, i) => (i + 1) * cell).flatMap((at) => [
    element('line', { x1: at, x2: at, y1: 0, y2: size, stroke: style.faint }),
    element('line', { y1: at, y2: at, x1: 0, x2: size, stroke: style.faint }),
  ]);
  return picture(size, size, style.background, [...grid, ...content, ...style.noise(size, size)]);
}
