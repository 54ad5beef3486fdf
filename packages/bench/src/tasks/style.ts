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
  color(name: ColorName): string;
  /** Black or white, whichever is read better on the colour. */
  inkOn(name: ColorName): string;
  /** Marks that mean nothing, over the picture; empty in-domain. */
  noise(width: number, height: number): string[];
}

export function drawStyle(random: Random, split: Split): Style {
  const familiar = split === 'in-domain';
  const dark = !familiar && random.next() < 0.5;
  const palette = shades[split];
  return {
    background: familiar ? random.pick(['#ffffff', '#f5f5f5', '#fffdf5']) : dark ? '#263238' : '#e0f2f1',
    ink: dark ? '#eceff1' : '#212121',
    faint: dark ? '#546e7a' : '#cfcfcf',
    family: familiar ? 'DejaVu Sans' : random.pick(['DejaVu Serif', 'DejaVu Sans Mono']),
    weight: familiar ? 'bold' : random.pick(['bold', 'normal'] as const),
    color: (name) => palette[name],
    inkOn: (name) => (luminance(palette[name]) > 0.45 ? '#000000' : '#ffffff'),
    noise: (width, height) => {
      if (familiar) return [];
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

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  return 0.299 * (red as number) + 0.587 * (green as number) + 0.114 * (blue as number);
}
