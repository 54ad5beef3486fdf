import { type Chain, chain, joined, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Difficulty, Exercise, Split, TaskDefinition } from './sample.js';
import { type ColorName, colorNames, drawStyle } from './style.js';
import { element, picture } from './svg.js';

const kinds = ['circle', 'square', 'triangle', 'star'] as const;
type Kind = (typeof kinds)[number];

interface Shape {
  readonly kind: Kind;
  readonly color: ColorName;
  /** Cell of the grid. */
  readonly row: number;
  readonly column: number;
}

const size = 112;

/**
 * Shapes scattered on a grid, counted and compared. Colours do not matter to the question and distract.
 *
 * Difficulty 1: up to 6 on 3×3, two kinds, a sum. 2: up to 10 on 4×4, three kinds, a sum or which is more.
 * 3: up to 16 on 5×5, four kinds, a sum, a difference or which is more.
 */
export const shapes: TaskDefinition = {
  name: 'shapes',
  summary: 'shapes of several kinds, counted and compared',
  describe: 'List all shapes.',
  draw(random, difficulty, split) {
    const side = difficulty + 2;
    const drawn = scatter(random, difficulty, side);
    return {
      scene: { shapes: drawn.map((shape) => ({ ...shape })), side },
      width: size,
      height: size,
      svg: drawShapes(random, drawn, side, split),
      ...ask(random, drawn, difficulty),
      description: joined(
        drawn.map(({ color, kind }) => chain`${seen(color)} ${seen(kind)}`),
        ', ',
      ),
    };
  },
};

function scatter(random: Random, difficulty: Difficulty, side: number): Shape[] {
  const used = random.choose(kinds, difficulty + 1);
  const count = random.integer(3, [6, 10, 16][difficulty - 1] as number);
  const cells = random.choose(
    Array.from({ length: side * side }, (_, i) => i),
    count,
  );
  return cells
    .sort((one, other) => one - other)
    .map((cell) => ({
      kind: random.pick(used),
      color: random.pick(colorNames),
      row: Math.floor(cell / side),
      column: cell % side,
    }));
}

function ask(
  random: Random,
  drawn: readonly Shape[],
  difficulty: Difficulty,
): Pick<Exercise, 'question' | 'answer' | 'reference'> {
  const count = (kind: Kind): number => drawn.filter((shape) => shape.kind === kind).length;
  // At least one of the kinds asked about is there, and a comparison has a winner.
  const pairs = kinds.flatMap((one) =>
    kinds.filter((other) => other !== one).map((other) => [one, other] as const),
  );
  const there = pairs.filter(([one, other]) => count(one) + count(other) > 0);
  const unequal = there.filter(([one, other]) => count(one) > count(other));
  const forms = ['sum', 'more', 'difference'].slice(0, difficulty);
  const form = unequal.length === 0 ? 'sum' : random.pick(forms);
  const [one, other] = random.pick(form === 'sum' ? there : unequal);
  const flipped = form === 'more' && random.next() < 0.5;
  const [first, second] = flipped ? [other, one] : [one, other];
  const [a, b] = [count(first), count(second)];
  const read: Chain = chain`I see ${seen(a)} ${first}${a === 1 ? '' : 's'}, ${seen(b)} ${second}${b === 1 ? '' : 's'}.`;
  if (form === 'more') {
    const winner = a > b ? first : second;
    return {
      question: `Are there more ${first}s or ${second}s?`,
      answer: `${winner}s`,
      reference: reply(chain`${read} ${a} ${a > b ? '>' : '<'} ${b}`, `${winner}s`),
    };
  }
  if (form === 'difference') {
    return {
      question: `How many more ${first}s than ${second}s?`,
      answer: String(a - b),
      reference: reply(chain`${read} ${a} - ${b} = ${a - b}`, a - b),
    };
  }
  return {
    question: `How many ${first}s and ${second}s together?`,
    answer: String(a + b),
    reference: reply(chain`${read} ${a} + ${b} = ${a + b}`, a + b),
  };
}

function drawShapes(random: Random, drawn: readonly Shape[], side: number, split: Split): string {
  const style = drawStyle(random, split, ['font']);
  const cell = size / side;
  const [small, large] = style.layout === 'in-domain' ? [0.3, 0.4] : [0.22, 0.34];
  const content = drawn.map(({ kind, color, row, column }) => {
    const x = (column + 0.5 + random.between(-0.08, 0.08)) * cell;
    const y = (row + 0.5 + random.between(-0.08, 0.08)) * cell;
    return shape(kind, x, y, cell * random.between(small, large), style.color(color));
  });
  return picture(size, size, style.background, [...content, ...style.noise(size, size)]);
}

/** A shape that fits a circle of the radius. */
export function shape(kind: Kind, x: number, y: number, radius: number, fill: string): string {
  if (kind === 'circle') return element('circle', { cx: x, cy: y, r: radius, fill });
  if (kind === 'square') {
    const half = radius * 0.88;
    return element('rect', { x: x - half, y: y - half, width: 2 * half, height: 2 * half, fill });
  }
  const corners = kind === 'triangle' ? 3 : 10;
  const points = Array.from({ length: corners }, (_, i) => {
    const reach = kind === 'star' && i % 2 === 1 ? radius * 0.45 : radius * 1.05;
    const angle = (2 * Math.PI * i) / corners - Math.PI / 2;
    return `${(x + reach * Math.cos(angle)).toFixed(1)},${(y + reach * Math.sin(angle)).toFixed(1)}`;
  });
  return element('polygon', { points: points.join(' '), fill });
}
