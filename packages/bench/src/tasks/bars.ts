import { askReadings, drawReadings, listed, type Reading } from './charts.js';
import type { Random } from './random.js';
import type { Difficulty, Split, TaskDefinition } from './sample.js';
import { colorNames, drawStyle } from './style.js';
import { element, label, picture } from './svg.js';

const letters = ['A', 'B', 'C', 'D', 'E', 'F'];

/**
 * Bar charts with an axis from 0 to 9; no bar says its value.
 *
 * Difficulty 1: 3 bars at 112×112. 2: 4 bars. 3: 6 bars at 168×112.
 */
export const bars: TaskDefinition = {
  name: 'bars',
  summary: 'bar charts, values read off the axis',
  describe: 'List all bars.',
  draw(random, difficulty, split) {
    const names = letters.slice(0, [3, 4, 6][difficulty - 1]);
    const readings = drawReadings(random, names, 1, 9);
    const width = difficulty === 3 ? 168 : 112;
    return {
      scene: { readings: readings.map((reading) => ({ ...reading })) },
      width,
      height: 112,
      svg: drawBars(random, readings, width, 112, split),
      ...askReadings(random, readings, difficulty as Difficulty),
      description: listed(readings),
    };
  },
};

function drawBars(
  random: Random,
  readings: readonly Reading[],
  width: number,
  height: number,
  split: Split,
): string {
  const style = drawStyle(random, split);
  const [left, right, top, bottom] = [16, width - 4, 6, height - 15];
  const up = (value: number): number => bottom - ((bottom - top) * value) / 9;
  const lettering = { size: 9, fill: style.ink, family: style.family, weight: style.weight };
  const grid = [0, 3, 6, 9].flatMap((value) => [
    element('line', { x1: left, x2: right, y1: up(value), y2: up(value), stroke: style.faint }),
    label(left - 3, up(value), String(value), { ...lettering, anchor: 'end' }),
  ]);
  const pitch = (right - left) / readings.length;
  const colors = style.layout === 'in-domain' ? random.choose(colorNames, readings.length) : undefined;
  const single = random.pick(colorNames);
  const columns = readings.flatMap(({ name, value }, i) => {
    const middle = left + (i + 0.5) * pitch;
    const breadth = pitch * random.between(0.5, 0.75);
    return [
      element('rect', {
        x: middle - breadth / 2,
        y: up(value),
        width: breadth,
        height: bottom - up(value),
        fill: style.color(colors?.[i] ?? single),
      }),
      label(middle, bottom + 8, name, lettering),
    ];
  });
  return picture(width, height, style.background, [...grid, ...columns, ...style.noise(width, height)]);
}
