import { describe, expect, it } from 'vitest';
import { curvePanels } from './curve-panels.js';
import { niceTicks, widthOf } from './parts.js';
import { plot } from './plot.js';
import { rowPlot } from './row-plot.js';

const long = 'cppo-preserving-perspective';
const names = ['cppo', long, `${long}-and-more`, 'papo', 'vppo'];

/** Corners of every text of a picture, with the width that the text is taken to have. */
function textBoxes(svg: string): { content: string; x: [number, number]; y: [number, number] }[] {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = '', content = '']) => {
    const of = (name: string): number => Number(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1]);
    const moved = /translate\(([\d.-]+) ([\d.-]+)\) rotate\(([\d.-]+)\)/
      .exec(attributes)
      ?.slice(1)
      .map(Number);
    const [x, y, degrees] = moved ?? [of('x'), of('y'), 0];
    const anchor = /text-anchor="(\w+)"/.exec(attributes)?.[1] ?? 'start';
    const before = widthOf(content) * ({ start: 0, middle: 0.5, end: 1 }[anchor] as number);
    const turn = ((degrees as number) * Math.PI) / 180;
    const ends = [-before, widthOf(content) - before].map((along) => [
      (x as number) + along * Math.cos(turn),
      (y as number) + along * Math.sin(turn),
    ]) as [[number, number], [number, number]];
    const [[x1, y1], [x2, y2]] = ends;
    // 9 above the line, 3 below it.
    return {
      content,
      x: [Math.min(x1, x2), Math.max(x1, x2)],
      y: [Math.min(y1, y2) - 9, Math.max(y1, y2) + 3],
    };
  });
}

const points = names.map((_, x) => ({ x, y: 40 + x, low: 35, high: 50 - x }));
const pictures: Record<string, string> = {
  'names on the x axis': plot({
    title: 'Arms',
    xLabel: 'arm',
    yLabel: 'avg@8, %',
    joined: false,
    xTicks: names.map((label, at) => ({ at, label })),
    series: [
      { name: 'in-domain', points },
      { name: 'out-of-domain', points: points.slice(1) },
    ],
  }),
  'values on the x axis': plot({
    title: 'Weight',
    xLabel: 'λ',
    yLabel: 'points',
    xTicks: names.map((_, at) => ({ at, label: String(at / 1000) })),
    series: [{ name: 'in-domain', points }],
    reference: { name: 'grpo', y: 60 },
  }),
  rows: rowPlot({
    title: 'Arms',
    rows: names,
    series: ['in-domain', 'out-of-domain'],
    panels: [
      {
        label: 'avg@8, %',
        series: [names.map((_, i) => ({ value: i, low: i - 3, high: i + 2 })), names.map(() => undefined)],
      },
      { label: 'difference, points', zero: true, series: [names.map((_, i) => ({ value: i + 4 })), []] },
    ],
  }),
  panels: curvePanels({
    title: 'Curves',
    xLabel: 'step',
    yLabel: 'accuracy, %',
    curves: names.map((name) => ({
      name,
      points: points.map(({ x, y }) => ({ x: 10 * x, y, low: y - 1, high: y + 1 })),
    })),
  }),
};

describe.each(Object.entries(pictures))('a plot with %s', (_, svg) => {
  const boxes = textBoxes(svg).filter(({ content }) => content !== '');

  it('has all of its texts inside', () => {
    const [width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.slice(1).map(Number) as [
      number,
      number,
    ];
    for (const { content, x, y } of boxes) {
      expect(Math.min(x[0], y[0], width - x[1], height - y[1]), content).toBeGreaterThanOrEqual(0);
    }
  });

  it('has no text on another', () => {
    const level = boxes.filter(({ content }) => !svg.includes(`rotate(-25)" text-anchor="end">${content}<`));
    for (const [i, one] of level.entries()) {
      for (const other of level.slice(i + 1)) {
        const apart = Math.max(
          one.x[0] - other.x[1],
          other.x[0] - one.x[1],
          one.y[0] - other.y[1],
          other.y[0] - one.y[1],
        );
        expect(apart, `${one.content} and ${other.content}`).toBeGreaterThan(0);
      }
    }
  });

  it('is well formed, finite, and follows the colours of the reader', () => {
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).toContain('prefers-color-scheme: dark');
    const open = [...svg.matchAll(/<(\w+)[^>]*(?<!\/)>/g)].length;
    expect([...svg.matchAll(/<\/\w+>/g)]).toHaveLength(open);
  });
});

it('names the axes and draws what is compared with', () => {
  expect(pictures['values on the x axis']).toMatch(/>λ<[\s\S]*>points<[\s\S]*stroke-dasharray[\s\S]*>grpo</);
  // The reference is above every point, and the axis reaches it.
  expect(pictures['values on the x axis']).toContain('>60<');
  expect(pictures.rows).toContain('>0<');
});

it.each([
  [0, 0],
  [1, 1],
  [0.3, 0.3],
  [-2, -2],
])('gives an axis of %d alone an extent', (low, high) => {
  const ticks = niceTicks(low, high);
  expect(ticks.at(-1)! - ticks[0]!).toBeGreaterThan(0);
  expect(ticks[0]).toBeLessThanOrEqual(low);
  expect(ticks.at(-1)).toBeGreaterThanOrEqual(high);
});
