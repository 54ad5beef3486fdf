import { askReadings, listed, type Reading } from './charts.js';
import type { Random } from './random.js';
import type { Difficulty, Split, TaskDefinition } from './sample.js';
import { type ColorName, colorNames, drawStyle } from './style.js';
import { element, picture } from './svg.js';

/**
 * Pie charts whose slices are named by colour and measured in percent of the whole.
 *
 * Difficulty 1: 3 slices in steps of 10 %. 2: 4 slices in steps of 10 %. 3: 5 slices in steps of 5 %.
 */
export const pies: TaskDefinition = {
  name: 'pies',
  summary: 'pie charts, shares read in percent',
  describe: 'List all slices.',
  draw(random, difficulty, split) {
    const count = difficulty + 2;
    const readings = shares(random, random.choose(colorNames, count), difficulty === 3 ? 5 : 10);
    return {
      scene: { readings: readings.map((reading) => ({ ...reading })) },
      width: 112,
      height: 112,
      svg: drawPie(random, readings, 112, split),
      ...askReadings(random, readings, difficulty as Difficulty),
      description: listed(readings),
    };
  },
};

/** Random shares of at least one step each that add up to 100. */
function shares(random: Random, names: readonly string[], step: number): Reading[] {
  const steps = 100 / step;
  const cuts = random
    .choose(
      Array.from({ length: steps - 1 }, (_, i) => i + 1),
      names.length - 1,
    )
    .sort((one, other) => one - other);
  return names.map((name, i) => ({ name, value: ((cuts[i] ?? steps) - (cuts[i - 1] ?? 0)) * step }));
}

function drawPie(random: Random, readings: readonly Reading[], size: number, split: Split): string {
  const style = drawStyle(random, split, ['font']);
  const middle = size / 2;
  const radius =
    size * (style.layout === 'in-domain' ? random.between(0.4, 0.46) : random.between(0.32, 0.38));
  // In-domain the first slice starts at twelve o'clock; elsewhere anywhere.
  let at = style.layout === 'in-domain' ? 0 : random.between(0, 1);
  const point = (turn: number): string =>
    `${(middle + radius * Math.sin(2 * Math.PI * turn)).toFixed(1)} ${(middle - radius * Math.cos(2 * Math.PI * turn)).toFixed(1)}`;
  const slices = readings.map(({ name, value }) => {
    const from = at;
    at += value / 100;
    return element('path', {
      d: `M ${middle} ${middle} L ${point(from)} A ${radius} ${radius} 0 ${value > 50 ? 1 : 0} 1 ${point(at)} Z`,
      fill: style.color(name as ColorName),
      stroke: style.background,
    });
  });
  return picture(size, size, style.background, [...slices, ...style.noise(size, size)]);
}
