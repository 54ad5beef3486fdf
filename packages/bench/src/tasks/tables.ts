import { chain, joined, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Split, TaskDefinition } from './sample.js';
import { drawStyle } from './style.js';
import { element, label, picture } from './svg.js';

const rowNames = ['A', 'B', 'C', 'D'];
const columnNames = ['K', 'L', 'M', 'N'];

/**
 * Small tables of numbers with named rows and columns.
 *
 * Difficulty 1: 2×2 digits, a sum of two cells. 2: 3×3 digits, the total of a row or column.
 * 3: 4×4 numbers to 49, a difference of two cells or the total of a row or column.
 */
export const tables: TaskDefinition = {
  name: 'tables',
  summary: 'small tables, cells and totals',
  describe: 'List all cells.',
  draw(random, difficulty, split) {
    const side = difficulty + 1;
    const cells = Array.from({ length: side }, () =>
      Array.from({ length: side }, () => random.integer(0, difficulty === 3 ? 49 : 9)),
    );
    const size = difficulty === 3 ? 168 : 112;
    const places = cells.flatMap((row, r) =>
      row.map((value, c) => ({ name: `${rowNames[r]}${columnNames[c]}`, value, row: r, column: c })),
    );
    const total = difficulty > 1 && (difficulty === 2 || random.next() < 0.5);
    const line = random.integer(0, side - 1);
    const byRow = random.next() < 0.5;
    const asked = total
      ? places.filter(({ row, column }) => (byRow ? row : column) === line)
      : random.choose(places, 2);
    if (difficulty === 3 && !total) asked.sort((one, other) => other.value - one.value);
    const sign = difficulty === 3 && !total ? '-' : '+';
    const values = asked.map(({ value }) => value);
    const answer =
      sign === '+'
        ? values.reduce((sum, value) => sum + value, 0)
        : (values[0] as number) - (values[1] as number);
    const names = asked.map(({ name }) => name).join(sign === '+' ? ' plus ' : ' minus ');
    return {
      scene: { cells },
      width: size,
      height: size,
      svg: drawTable(random, cells, size, split),
      question: total
        ? `What is the total of ${byRow ? `row ${rowNames[line]}` : `column ${columnNames[line]}`}?`
        : `What is ${names}?`,
      answer: String(answer),
      reference: reply(
        chain`I see ${joined(
          asked.map(({ name, value }) => chain`${name} ${seen(value)}`),
          ', ',
        )}. ${values.join(` ${sign} `)} = ${answer}`,
        answer,
      ),
      description: joined(
        cells.map((row, r) => chain`${rowNames[r] as string} ${joined(row.map(seen), ' ')}`),
        ', ',
      ),
    };
  },
};

function drawTable(
  random: Random,
  cells: readonly (readonly number[])[],
  size: number,
  split: Split,
): string {
  const style = drawStyle(random, split, ['shades']);
  const count = cells.length + 1;
  const margin = style.layout === 'in-domain' ? 3 : random.between(4, 9);
  const pitch = (size - 2 * margin) / count;
  const at = (i: number): number => margin + (i + 0.5) * pitch;
  const lettering = {
    size: pitch * (cells.length === 4 ? 0.44 : style.layout === 'in-domain' ? 0.55 : 0.45),
    fill: style.ink,
    family: style.family,
  };
  const names = cells.flatMap((_, i) => [
    label(at(0), at(i + 1), rowNames[i] as string, { ...lettering, weight: 'bold' }),
    label(at(i + 1), at(0), columnNames[i] as string, { ...lettering, weight: 'bold' }),
  ]);
  const values = cells.flatMap((row, r) =>
    row.map((value, c) => label(at(c + 1), at(r + 1), String(value), { ...lettering, weight: style.weight })),
  );
  const rules = Array.from({ length: count + 1 }, (_, i) => margin + i * pitch).flatMap((place) => [
    element('line', { x1: margin, x2: size - margin, y1: place, y2: place, stroke: style.faint }),
    ...(style.layout === 'in-domain'
      ? [element('line', { y1: margin, y2: size - margin, x1: place, x2: place, stroke: style.faint })]
      : []),
  ]);
  return picture(size, size, style.background, [...rules, ...names, ...values, ...style.noise(size, size)]);
}
