/** An element of a picture as it is written. */
export interface Drawn {
  readonly tag: string;
  readonly text: string;
  readonly source: string;
  readonly at: Readonly<Record<string, string>>;
}

/** The elements of a picture after its background. */
export function elements(svg: string): Drawn[] {
  return [...svg.matchAll(/<(text|rect|line|circle|polyline|polygon|path)([^>]*?)(?:\/>|>([^<]*)<\/text>)/g)]
    .map(([source, tag = '', attributes = '', text = '']) => ({
      tag,
      text,
      source,
      at: Object.fromEntries(
        [...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
      ),
    }))
    .slice(1);
}

/** A dot that means nothing. */
export const isNoise = ({ tag, at }: Drawn): boolean => tag === 'circle' && at['fill-opacity'] === '0.6';

/** A rule behind what is drawn. */
export const isRule = ({ tag, at }: Drawn): boolean =>
  tag === 'line' && (at.stroke === '#cfcfcf' || at.stroke === '#546e7a');

const names: Record<string, string> = Object.fromEntries(
  Object.entries({
    red: '#e53935 #b71c1c',
    orange: '#fb8c00 #ffa040',
    yellow: '#fdd835 #fff176',
    green: '#43a047 #9ccc65',
    blue: '#1e63e5 #64b5f6',
    purple: '#8e24aa #5e35b1',
    pink: '#f48fb1 #ec80d0',
    brown: '#795548 #5d4037',
    gray: '#9e9e9e #bdbdbd',
  }).flatMap(([name, shades]) => shades.split(' ').map((shade) => [shade, name])),
);

const colorOf = ({ at }: Drawn): string => names[at.fill as string] ?? `no color ${at.fill}`;
const number = (drawn: Drawn, key: string): number => Number(drawn.at[key]);
const pairs = (drawn: Drawn): [number, number][] =>
  (drawn.at.points as string).split(' ').map((pair) => pair.split(',').map(Number) as [number, number]);

/** Nearest whole number, which must be near. */
function whole(value: number, slack = 0.1): number {
  if (Math.abs(value - Math.round(value)) > slack) throw new Error(`${value} is not a whole number`);
  return Math.round(value);
}

const kindOf = (drawn: Drawn): string =>
  ({ circle: 'circle', rect: 'square' })[drawn.tag] ?? (pairs(drawn).length === 3 ? 'triangle' : 'star');

const middleOf = (drawn: Drawn): [number, number] => {
  if (drawn.tag === 'circle') return [number(drawn, 'cx'), number(drawn, 'cy')];
  if (drawn.tag === 'rect') {
    return [
      number(drawn, 'x') + number(drawn, 'width') / 2,
      number(drawn, 'y') + number(drawn, 'height') / 2,
    ];
  }
  const points = pairs(drawn);
  return [0, 1].map((i) => points.reduce((sum, point) => sum + (point[i] as number), 0) / points.length) as [
    number,
    number,
  ];
};

/** Height of the middle of a text's capitals. */
const heightOf = (text: Drawn): number => number(text, 'y') - 0.365 * number(text, 'font-size');

interface Hand {
  readonly length: number;
  readonly turn: number;
}

/** What the labels of a vertical axis say about a height. */
function axis(drawn: readonly Drawn[]): (y: number) => number {
  const labels = drawn.filter(({ at }) => at['text-anchor'] === 'end');
  const [low, high] = [labels[0] as Drawn, labels.at(-1) as Drawn];
  const perUnit = (heightOf(high) - heightOf(low)) / (Number(high.text) - Number(low.text));
  return (y) => Number(low.text) + (y - heightOf(low)) / perUnit;
}

const lettered = (drawn: readonly Drawn[]): Drawn[] => drawn.filter(({ text }) => /^[A-G]$/.test(text));

function angleAt(points: readonly [number, number][], i: number): number {
  const [corner, next, last] = [points[i], points[(i + 1) % points.length], points.at(i - 1)] as [
    [number, number],
    [number, number],
    [number, number],
  ];
  const way = ([x, y]: [number, number]): number => Math.atan2(y - corner[1], x - corner[0]);
  const degrees = (Math.abs(way(next) - way(last)) * 180) / Math.PI;
  return degrees > 180 ? 360 - degrees : degrees;
}

/**
 * What a picture shows, measured from its lines and letters alone, in the terms of the scene: the code of the
 * tasks is not used, so that a picture that shows something else than its scene says is found.
 */
// biome-ignore lint/suspicious/noExplicitAny: each task has its own scene.
export const readPicture: Record<string, (drawn: readonly Drawn[]) => any> = {
  digits: (drawn) => ({
    squares: drawn
      .filter(({ tag }) => tag === 'rect')
      .map((square) => {
        const [left, top, side] = ['x', 'y', 'width'].map((key) => number(square, key)) as [
          number,
          number,
          number,
        ];
        const inside = drawn.filter((text) => {
          const [x, y] = [number(text, 'x'), heightOf(text)];
          return text.tag === 'text' && x > left && x < left + side && y > top && y < top + side;
        });
        return { color: colorOf(square), digit: inside.length === 1 ? Number(inside[0]?.text) : Number.NaN };
      }),
  }),
  shapes: (drawn) => ({ shapes: drawn.map((each) => ({ kind: kindOf(each), color: colorOf(each) })) }),
  bars: (drawn) => {
    const value = axis(drawn);
    return {
      readings: lettered(drawn).map((letter) => {
        const bar = drawn.find(
          (each) => each.tag === 'rect' && Math.abs(middleOf(each)[0] - number(letter, 'x')) < 1,
        ) as Drawn;
        return { name: letter.text, value: whole(value(number(bar, 'y'))) };
      }),
    };
  },
  lines: (drawn) => {
    const value = axis(drawn);
    const thick = drawn
      .filter(({ tag }) => tag === 'polyline')
      .sort((one, other) => number(other, 'stroke-width') - number(one, 'stroke-width'))[0] as Drawn;
    return {
      readings: lettered(drawn).map((letter) => {
        const [, y] = pairs(thick).find(([x]) => Math.abs(x - number(letter, 'x')) < 1) as [number, number];
        return { name: letter.text, value: whole(value(y)) };
      }),
    };
  },
  pies: (drawn) => ({
    readings: drawn.map((slice) => {
      const [cx, cy, x1, y1, , , , large, , x2, y2] = (slice.at.d?.match(/-?[\d.]+/g) ?? []).map(
        Number,
      ) as number[];
      const turn = (x: number, y: number): number =>
        Math.atan2(x - (cx as number), (cy as number) - y) / (2 * Math.PI);
      const share = (turn(x2 as number, y2 as number) - turn(x1 as number, y1 as number) + 2) % 1;
      if (Math.abs(share - 0.5) > 0.01 && share > 0.5 !== (large === 1))
        throw new Error('drawn the short way');
      return { name: colorOf(slice), value: 5 * whole(share * 20) };
    }),
  }),
  angles: (drawn) => {
    const points = pairs(drawn.find(({ tag }) => tag === 'polygon') as Drawn);
    const written = points.map((corner, i) => {
      const away = (text: Drawn): number =>
        Math.hypot(number(text, 'x') - corner[0], heightOf(text) - corner[1]);
      const nearest = drawn
        .filter(({ tag }) => tag === 'text')
        .sort((one, other) => away(one) - away(other))[0] as Drawn;
      const measured = angleAt(points, i);
      if (nearest.text === 'x') return { unknown: whole(measured, 0.49) };
      if (Math.abs(Number.parseInt(nearest.text, 10) - measured) > 0.7) {
        throw new Error(`${nearest.text} is written at an angle of ${measured}`);
      }
      return { given: Number.parseInt(nearest.text, 10) };
    });
    return {
      given: written.flatMap(({ given }) => (given === undefined ? [] : [given])),
      unknown: written.find(({ unknown }) => unknown !== undefined)?.unknown,
      total: points.length === 3 ? 180 : 360,
    };
  },
  lengths: (drawn) => {
    const outline = drawn.find(({ tag }) => tag === 'path') as Drawn;
    const [x, , top, cutHeight, cutWidth, right] = (outline.at.d?.match(/-?[\d.]+/g) ?? []).map(
      Number,
    ) as number[];
    const size = {
      width: (top as number) + (cutWidth as number),
      height: (cutHeight as number) + (right as number),
    };
    const rules = drawn.filter(({ at }) => at.x1 !== undefined && at.x1 === at.x2);
    if (rules.length > 0) {
      const unit = number(rules[1] as Drawn, 'x1') - number(rules[0] as Drawn, 'x1');
      return {
        width: whole(size.width / unit),
        height: whole(size.height / unit),
        cutWidth: whole((cutWidth as number) / unit),
        cutHeight: whole((cutHeight as number) / unit),
      };
    }
    const [wide, high] = drawn
      .filter(({ tag }) => tag === 'text')
      .sort((one) => (Math.abs(number(one, 'x') - (x as number) - size.width / 2) < 1 ? -1 : 1))
      .map(({ text }) => Number(text)) as [number, number];
    if (Math.abs(wide / high - size.width / size.height) > 0.01) throw new Error('not to scale');
    return { width: wide, height: high };
  },
  clocks: (drawn) => {
    const [long, short] = drawn
      .filter(({ tag, at }) => tag === 'line' && at.x1 === '56' && at.y1 === '56')
      .map((hand) => {
        const [x, y] = [number(hand, 'x2') - 56, 56 - number(hand, 'y2')];
        return { length: Math.hypot(x, y), turn: (Math.atan2(x, y) / (2 * Math.PI) + 1) % 1 };
      })
      .sort((one, other) => other.length - one.length) as [Hand, Hand];
    const minute = whole(long.turn * 60, 0.3) % 60;
    return { hour: whole(short.turn * 12 - minute / 60, 0.15) % 12 || 12, minute };
  },
  tables: (drawn) => {
    const texts = drawn.filter(({ tag }) => tag === 'text');
    const near = (one: number, other: number): boolean => Math.abs(one - other) < 1;
    return {
      cells: texts
        .filter(({ text }) => /[A-D]/.test(text))
        .map((row) =>
          texts
            .filter(({ text }) => /[K-N]/.test(text))
            .map((column) => {
              const cell = texts.filter(
                (text) => near(number(text, 'x'), number(column, 'x')) && near(heightOf(text), heightOf(row)),
              );
              return cell.length === 1 ? Number(cell[0]?.text) : Number.NaN;
            }),
        ),
    };
  },
  places: (drawn) => {
    const cell = 112 / (drawn.filter(({ at }) => at.x1 !== undefined && at.x1 === at.x2).length + 1);
    return {
      things: drawn
        .filter(({ tag }) => tag !== 'line')
        .map((thing) => {
          const [x, y] = middleOf(thing);
          return { color: colorOf(thing), row: Math.floor(y / cell), column: Math.floor(x / cell) };
        }),
    };
  },
};
