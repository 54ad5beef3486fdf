import type { Random } from './random.js';
import type { Split } from './sample.js';
import { element } from './svg.js';

export const colorNames = [
  'red',
  'orange',
  'yellow',
  'green',
  'blue',
  'purple',
  'pink',
  'brown',
  'gray',
] as const;

export type ColorName = (typeof colorNames)[number];

const shades: Record<Split, Record<ColorName, string>> = {
  'in-domain': {
    red: '#e53935',
    orange: '#fb8c00',
    yellow: '#fdd835',
    green: '#43a047',
    blue: '#1e63e5',
    purple: '#8e24aa',
    pink: '#f48fb1',
    brown: '#795548',
    gray: '#9e9e9e',
  },
  'out-of-domain': {
    red: '#b71c1c',
    orange: '#ffa040',
    yellow: '#fff176',
    green: '#9ccc65',
    blue: '#64b5f6',
    purple: '#5e35b1',
    pink: '#ec80d0',
    brown: '#5d4037',
    gray: '#bdbdbd',
  },
};

/** How a picture looks, apart from what it shows. */
export interface Style {
  readonly background: string;
  /** Lines and letters on the background. */
  readonly ink: string;
  readonly faint: string;
  readonly family: string;
  readonly weight: 'bold' | 'normal';
  /** Whether sizes, places and shapes are the usual ones. */
  readonly layout: Split;
  color(name: ColorName): string;
  /** Black or white, whichever is read better on the colour. */
  inkOn(name: ColorName): string;
  /** Marks that mean nothing, over the picture; empty unless noise is among the shifts. */
  noise(width: number, height: number): string[];
  /** What of it is not as in-domain. */
  readonly shifts: readonly Shift[];
}

const shiftNames = ['shades', 'font', 'background', 'layout', 'noise'] as const;
export type Shift = (typeof shiftNames)[number];

/**
 * In-domain pictures look alike but for a shade of white. Out-of-domain each of five things is another with a
 * chance of one half, at least one of them: all at once would be too much for small models to tell anything.
 *
 * @param without what the picture does not have, so that another of it would not be seen: `font` where nothing is written.
 */
export function drawStyle(random: Random, split: Split, without: readonly Shift[] = []): Style {
  const shifts = split === 'in-domain' ? [] : drawShifts(random, without);
  const shifted = (name: Shift): boolean => shifts.includes(name);
  const dark = shifted('background') && random.next() < 0.5;
  const palette = shades[shifted('shades') ? 'out-of-domain' : 'in-domain'];
  return {
    shifts,
    background: shifted('background')
      ? dark
        ? '#263238'
        : '#e0f2f1'
      : random.pick(['#ffffff', '#f5f5f5', '#fffdf5']),
    ink: dark ? '#eceff1' : '#212121',
    faint: dark ? '#546e7a' : '#cfcfcf',
    family: shifted('font') ? random.pick(['DejaVu Serif', 'DejaVu Sans Mono']) : 'DejaVu Sans',
    weight: shifted('font') ? random.pick(['bold', 'normal'] as const) : 'bold',
    layout: shifted('layout') ? 'out-of-domain' : 'in-domain',
    color: (name) => palette[name],
    inkOn: (name) => (luminance(palette[name]) > 0.45 ? '#000000' : '#ffffff'),
    noise: (width, height) => {
      if (!shifted('noise')) return [];
      return Array.from({ length: Math.round((width * height) / 1000) }, () =>
        element('circle', {
          cx: random.between(0, width),
          cy: random.between(0, height),
          r: random.between(0.6, 1.4),
          fill: random.pick(['#000000', '#ffffff', '#888888']),
          'fill-opacity': 0.6,
        }),
      );
    },
  };
}

function drawShifts(random: Random, without: readonly Shift[]): readonly Shift[] {
  const drawn = shiftNames.filter(() => random.next() < 0.5).filter((name) => !without.includes(name));
  return drawn.length > 0 ? drawn : [random.pick(shiftNames.filter((name) => !without.includes(name)))];
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  return 0.299 * (red as number) + 0.587 * (green as number) + 0.114 * (blue as number);
}
