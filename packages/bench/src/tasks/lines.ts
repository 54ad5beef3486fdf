import { askReadings, drawReadings, listed, type Reading } from './charts.js';
import type { Random } from './random.js';
import type { Split, TaskDefinition } from './sample.js';
import { colorNames, drawStyle } from './style.js';
import { element, label, picture } from './svg.js';

const ticks = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];

/**
 * Line charts with an axis from 0 to 9, a mark at each tick. A second, thinner line is a distractor from
 * difficulty 2 on: the question is about the thick one.
 *
 * Difficulty 1: 4 ticks at 112×112. 2: 5 ticks. 3: 7 ticks at 168×112.
 */
export const lines: TaskDefinition = {
  name: 'lines',
  summary: 'line charts, values read at the ticks',
  describe: 'List all points.',
  draw(random, difficulty, split) {
    const names = ticks.slice(0, [4, 5, 7][difficulty - 1]);
    const readings = drawReadings(random, names, 0, 9);
    const distractor = difficulty === 1 ? [] : drawReadings(random, names, 0, 9);
    const width = difficulty === 3 ? 168 : 112;
    return {
      scene: {
        readings: readings.map((reading) => ({ ...reading })),
        distractor: distractor.map((reading) => ({ ...reading })),
      },
      width,
      height: 112,
      svg: drawLines(random, readings, distractor, width, 112, split),
      ...askReadings(
        random,
        readings,
        difficulty,
        difficulty === 1 ? undefined : 'On the thick line, what is',
      ),
      description: listed(readings),
    };
  },
};

function drawLines(
  random: Random,
  readings: readonly Reading[],
  distractor: readonly Reading[],
  width: number,
  height: number,
  split: Split,
): string {
  const style = drawStyle(random, split);
  const [left, right, top, bottom] = [18, width - 8, 7, height - 16];
  const up = (value: number): number => bottom - ((bottom - top) * value) / 9;
  const across = (i: number): number => left + 4 + ((right - left - 4) * i) / (readings.length - 1);
  const lettering = { size: 9, fill: style.ink, family: style.family, weight: style.weight };
  const grid = [0, 3, 6, 9].flatMap((value) => [
    element('line', { x1: left, x2: right, y1: up(value), y2: up(value), stroke: style.faint }),
    label(left - 4, up(value), String(value), { ...lettering, anchor: 'end' }),
  ]);
  const [main, other] = random.choose(
    colorNames.filter((name) => name !== 'yellow' && name !== 'gray'),
    2,
  );
  const path = (series: readonly Reading[]): string =>
    series.map(({ value }, i) => `${across(i).toFixed(1)},${up(value).toFixed(1)}`).join(' ');
  const thin = element('polyline', {
    points: path(distractor),
    fill: 'none',
    stroke: style.color(other as typeof main & string),
    'stroke-width': 1,
  });
  const thick = element('polyline', {
    points: path(readings),
    fill: 'none',
    stroke: style.color(main as typeof main & string),
    'stroke-width': style.layout === 'in-domain' ? 3 : 2.2,
  });
  const marks = readings.flatMap(({ name, value }, i) => [
    style.layout === 'in-domain'
      ? element('circle', { cx: across(i), cy: up(value), r: 3, fill: style.ink })
      : element('rect', { x: across(i) - 2.4, y: up(value) - 2.4, width: 4.8, height: 4.8, fill: style.ink }),
    label(across(i), bottom + 9, name, lettering),
  ]);
  return picture(width, height, style.background, [
    ...grid,
    ...(distractor.length > 0 ? [thin] : []),
    thick,
    ...marks,
    ...style.noise(width, height),
  ]);
}
