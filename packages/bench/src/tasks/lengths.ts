import { chain, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Split, TaskDefinition } from './sample.js';
import { colorNames, drawStyle } from './style.js';
import { element, label, picture } from './svg.js';

/**
 * A rectangle on squared paper, or with its sides written beside it.
 *
 * Difficulty 1: sides written, the way round it. 2: sides counted on squared paper, way round or area.
 * 3: an L on squared paper, its area.
 */
export const lengths: TaskDefinition = {
  name: 'lengths',
  summary: 'sides, perimeters and areas of figures on squared paper',
  describe: 'List all sides.',
  draw(random, difficulty, split) {
    const [width, height] = [random.integer(2, 7), random.integer(2, 7)];
    const around = difficulty === 1 || (difficulty === 2 && random.next() < 0.5);
    if (difficulty === 3) {
      const [cutWidth, cutHeight] = [random.integer(1, width - 1), random.integer(1, height - 1)];
      const [whole, cut] = [width * height, cutWidth * cutHeight];
      return {
        scene: { width, height, cutWidth, cutHeight },
        width: 112,
        height: 112,
        svg: drawFigure(random, width, height, cutWidth, cutHeight, false, split),
        question: 'What is the area?',
        answer: String(whole - cut),
        reference: reply(
          chain`I see ${seen(width)} by ${seen(height)} without ${seen(cutWidth)} by ${seen(cutHeight)}. ${whole} - ${cut} = ${whole - cut}`,
          whole - cut,
        ),
        description: chain`${seen(width)} by ${seen(height)} without ${seen(cutWidth)} by ${seen(cutHeight)}`,
      };
    }
    const answer = around ? 2 * (width + height) : width * height;
    return {
      scene: { width, height, around },
      width: 112,
      height: 112,
      svg: drawFigure(random, width, height, 0, 0, difficulty === 1, split),
      question: around ? 'What is the perimeter?' : 'What is the area?',
      answer: String(answer),
      reference: reply(
        around
          ? chain`I see ${seen(width)} by ${seen(height)}. 2 * (${width} + ${height}) = ${answer}`
          : chain`I see ${seen(width)} by ${seen(height)}. ${width} * ${height} = ${answer}`,
        answer,
      ),
      description: chain`${seen(width)} by ${seen(height)}`,
    };
  },
};

function drawFigure(
  random: Random,
  width: number,
  height: number,
  cutWidth: number,
  cutHeight: number,
  written: boolean,
  split: Split,
): string {
  const style = drawStyle(random, split, written ? [] : ['font']);
  const size = 112;
  const unit = style.layout === 'in-domain' ? 12 : 11;
  const margin = (size - 8 * unit) / 2;
  const [column, row] = [random.integer(0, 8 - width), random.integer(written ? 1 : 0, 8 - height)];
  const [x, y] = [margin + column * unit, margin + row * unit];
  const grid = written
    ? []
    : Array.from({ length: 9 }, (_, i) => margin + i * unit).flatMap((at) => [
        element('line', { x1: at, x2: at, y1: margin, y2: size - margin, stroke: style.faint }),
        element('line', { y1: at, y2: at, x1: margin, x2: size - margin, stroke: style.faint }),
      ]);
  // The cut-away corner is the upper right one.
  const outline = `M ${x} ${y} h ${(width - cutWidth) * unit} v ${cutHeight * unit} h ${cutWidth * unit} v ${(height - cutHeight) * unit} h ${-width * unit} Z`;
  const lettering = {
    size: 12,
    fill: style.ink,
    family: style.family,
    weight: style.weight,
  };
  const sides = written
    ? [
        label(x + (width * unit) / 2, y - 7, String(width), lettering),
        label(x + (column === 0 ? width * unit + 7 : -7), y + (height * unit) / 2, String(height), lettering),
      ]
    : [];
  return picture(size, size, style.background, [
    ...grid,
    element('path', {
      d: outline,
      fill: style.color(random.pick(colorNames)),
      'fill-opacity': 0.6,
      stroke: style.ink,
      'stroke-width': 2,
    }),
    ...sides,
    ...style.noise(size, size),
  ]);
}
