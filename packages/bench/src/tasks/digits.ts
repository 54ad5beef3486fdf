import { type Chain, chain, joined, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Difficulty, Exercise, Split, TaskDefinition } from './sample.js';
import { type ColorName, colorNames, drawStyle } from './style.js';
import { element, label, picture } from './svg.js';

interface Square {
  readonly color: ColorName;
  readonly digit: number;
}

const size = 112;

/**
 * Coloured squares with a digit on each. The squares that are not asked about are the distractors: the
 * colour must be found before the digit can be read.
 *
 * Difficulty 1: 2×2 squares, a sum of two. 2: 3×3 squares, a sum or a difference. 3: 3×3 squares, a sum of three.
 */
export const digits: TaskDefinition = {
  name: 'digits',
  summary: 'digits on coloured squares, added and subtracted',
  describe: 'List all squares.',
  draw(random, difficulty, split) {
    const side = difficulty === 1 ? 2 : 3;
    const squares = random
      .choose(colorNames, side * side)
      .map((color): Square => ({ color, digit: random.integer(0, 9) }));
    const svg = drawSquares(random, squares, side, split);
    return {
      scene: { squares: squares.map((square) => ({ ...square })), side },
      width: size,
      height: size,
      svg,
      ...ask(random, squares, difficulty),
      description: joined(
        squares.map(({ color, digit }) => chain`${seen(digit)} ${seen(color)}`),
        ', ',
      ),
    };
  },
};

function ask(
  random: Random,
  squares: readonly Square[],
  difficulty: Difficulty,
): Pick<Exercise, 'question' | 'answer' | 'reference'> {
  const asked = random.choose(squares, difficulty === 3 ? 3 : 2);
  const subtract = difficulty === 2 && random.next() < 0.5;
  // A difference asks for the larger first, so that no answer is negative.
  if (subtract) asked.sort((one, other) => other.digit - one.digit);
  const values = asked.map(({ digit }) => digit);
  const answer = subtract
    ? (values[0] as number) - (values[1] as number)
    : values.reduce((sum, value) => sum + value, 0);
  const word = subtract ? ' minus ' : ' plus ';
  const sign = subtract ? ' - ' : ' + ';
  const read = joined(
    asked.map(({ color, digit }): Chain => chain`${seen(digit)} ${color}`),
    ', ',
  );
  return {
    question: `What is ${asked.map(({ color }) => color).join(word)}?`,
    answer: String(answer),
    reference: reply(chain`I see ${read}. ${values.join(sign)} = ${answer}`, answer),
  };
}

function drawSquares(random: Random, squares: readonly Square[], side: number, split: Split): string {
  const style = drawStyle(random, split);
  const cell = size / side;
  const [small, large] = style.layout === 'in-domain' ? [0.58, 0.72] : [0.42, 0.55];
  const shapes = squares.flatMap(({ color, digit }, i) => {
    const margin = random.between(0.02, 0.06) * cell;
    const left = (i % side) * cell + margin;
    const top = Math.floor(i / side) * cell + margin;
    const width = cell - 2 * margin;
    return [
      element('rect', { x: left, y: top, width, height: width, fill: style.color(color) }),
      label(
        left + width * (0.5 + random.between(-0.06, 0.06)),
        top + width * (0.5 + random.between(-0.06, 0.06)),
        String(digit),
        {
          size: cell * random.between(small, large),
          fill: style.inkOn(color),
          family: style.family,
          weight: style.weight,
        },
      ),
    ];
  });
  return picture(size, size, style.background, [...shapes, ...style.noise(size, size)]);
}
