import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-wasm';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderPng } from '../render/png.js';
import { createTask, taskNames } from './catalog.js';
import { randomFrom } from './random.js';
import type { Difficulty, Split } from './sample.js';
import { drawStyle } from './style.js';
import { type Drawn, elements, isNoise, isRule, readPicture } from './testing/read-picture.js';
import { solve } from './testing/solve.js';

const splits: readonly Split[] = ['in-domain', 'out-of-domain'];
const levels: readonly Difficulty[] = [1, 2, 3];
const every = taskNames.flatMap((task) =>
  splits.flatMap((split) => levels.map((difficulty) => ({ task, split, difficulty }))),
);

/** What of a picture has to be read for a question, in the order of the reference. */
// biome-ignore lint/suspicious/noExplicitAny: each task has its own scene.
function perceived(task: string, question: string, scene: any): unknown[] {
  const named = (value: (name: string) => unknown): unknown[] =>
    (/is (?:the total of )?(.*)\?$/.exec(question)![1] as string).split(/ plus | minus /).map(value);
  const chart = (): unknown[] =>
    question.includes('largest')
      ? scene.readings.map(({ value }: { value: number }) => value)
      : named((name) => scene.readings.find((reading: { name: string }) => reading.name === name).value);
  const cell = (name: string): unknown =>
    scene.cells['ABCD'.indexOf(name[0] as string)]['KLMN'.indexOf(name[1] as string)];
  const colors = (question.match(/red|orange|yellow|green|blue|purple|pink|brown|gray/g) ?? []) as string[];
  const things = colors.map((color) =>
    scene.things?.find((thing: { color: string }) => thing.color === color),
  );
  switch (task) {
    case 'digits':
      return named((name) => scene.squares.find((square: { color: string }) => square.color === name).digit);
    case 'shapes':
      return [...question.matchAll(/circle|square|triangle|star/g)].map(
        ([kind]) => scene.shapes.filter((shape: { kind: string }) => shape.kind === kind).length,
      );
    case 'angles':
      return scene.given;
    case 'lengths':
      return [scene.width, scene.height, ...(scene.cutWidth ? [scene.cutWidth, scene.cutHeight] : [])];
    case 'clocks':
      return [`${scene.hour}:${String(scene.minute).padStart(2, '0')}`];
    case 'tables':
      return named((name) => {
        const [kind, line = ''] = name.split(' ') as [string, string?];
        const names =
          kind === 'row'
            ? [...'KLMN'].map((other) => line + other)
            : [...'ABCD'].map((other) => other + line);
        return line === '' ? cell(kind) : names.slice(0, scene.cells.length).map(cell);
      }).flat();
    case 'places':
      if (question.includes('steps')) return things.flatMap(({ row, column }) => [row + 1, column + 1]);
      return things.map(({ row, column }) => (question.includes('left') ? column : row) + 1);
    default:
      return chart();
  }
}

describe.each(every)(
  'the picture of $task, $split, difficulty $difficulty',
  ({ task, split, difficulty }) => {
    const drawer = createTask(task, { split, difficulty });
    const read = readPicture[task] as (typeof readPicture)[string];

    it('shows what the question needs, and one answer to it; the marked values are the ones it shows', () => {
      fc.assert(
        fc.property(fc.nat(1e6), fc.nat(1e6), (seed, index) => {
          const { image, question, answer, reference, perception } = drawer.sample(seed, index);
          const scene = read(elements(image.svg).filter((drawn) => !isNoise(drawn)));
          expect(String((solve[task] as (typeof solve)[string])(question, scene)), question).toBe(answer);
          // Drawn to scale: the angle that is asked for can be measured too.
          if (task === 'angles') expect(String(scene.unknown)).toBe(answer);
          const marked = perception.map(([start, end]) => reference.slice(start, end));
          expect(marked, question).toEqual(perceived(task, question, scene).map(String));
          const names = (scene.squares ?? scene.readings ?? scene.things ?? []).map(
            (each: { color?: string; name?: string }) => each.color ?? each.name,
          );
          expect(new Set(names).size, 'a name for two things').toBe(names.length);
        }),
        { numRuns: 300 },
      );
    });

    it('has things in it that are not asked about, where the task has distractors', () => {
      const withDistractors = ['digits', 'bars', 'lines', 'pies', 'tables', 'places'].includes(task);
      for (let index = 0; withDistractors && index < 50; index++) {
        const { question, image, perception } = drawer.sample(1, index);
        if (question.includes('largest')) continue;
        const scene = read(elements(image.svg).filter((drawn) => !isNoise(drawn)));
        const shown = (scene.squares ?? scene.readings ?? scene.things ?? scene.cells.flat()).length;
        const asked = question.includes('steps') ? perception.length / 2 : perception.length;
        expect(shown, question).toBeGreaterThan(asked);
      }
    });

    it('has no answer that is right more often than guessing between few allows', () => {
      const counts = new Map<string, number>();
      for (let index = 0; index < 400; index++) {
        const { answer } = drawer.sample(2, index);
        counts.set(answer, (counts.get(answer) ?? 0) + 1);
      }
      const best = Math.max(...counts.values()) / 400;
      // Two words to choose from for places; four angles, six counts and eight sums of shares at difficulty 1.
      const few =
        task === 'places' && difficulty < 3
          ? 0.57
          : ['shapes', 'pies', 'angles', 'places'].includes(task)
            ? 0.33
            : 0.22;
      expect(best).toBeLessThan(few);
    });
  },
);

describe('writing', () => {
  let fontBuffers: Uint8Array[];
  beforeAll(async () => {
    await renderPng('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
    const { resolve } = createRequire(import.meta.url);
    fontBuffers = ['Sans', 'Sans-Bold', 'Serif', 'Serif-Bold', 'SansMono', 'SansMono-Bold'].map((face) =>
      readFileSync(resolve(`dejavu-fonts-ttf/ttf/DejaVu${face}.ttf`)),
    );
  });

  function drawAlone(width: number, height: number, drawn: readonly Drawn[]) {
    const content = drawn.map(({ source }) => source).join('');
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`;
    const renderer = new Resvg(svg, { font: { fontBuffers } });
    const [image, box] = [renderer.render(), renderer.getBBox()];
    const pixels = Uint8Array.from(image.pixels);
    const bounds = {
      left: box?.x ?? 0,
      top: box?.y ?? 0,
      right: (box?.x ?? 0) + (box?.width ?? 0),
      bottom: (box?.y ?? 0) + (box?.height ?? 0),
    };
    image.free();
    renderer.free();
    return { pixels, bounds };
  }

  it.each(every)(
    'of $task, $split, difficulty $difficulty is inside and on nothing else',
    ({ task, split, difficulty }) => {
      for (let index = 0; index < 12; index++) {
        const { image, id } = createTask(task, { split, difficulty }).sample(5, index);
        const { width, height, svg } = image;
        const drawn = elements(svg).filter((each) => !isNoise(each) && !isRule(each));
        const texts = drawn.filter(({ tag }) => tag === 'text');
        const boxes = texts.map((text) => drawAlone(width, height, [text]).bounds);
        for (const [i, { left, right, top, bottom }] of boxes.entries()) {
          expect(Math.min(left, top, width - right, height - bottom), `${id} cut off`).toBeGreaterThan(0.5);
          for (const other of boxes.slice(i + 1)) {
            const apart = Math.max(
              other.left - right,
              left - other.right,
              other.top - bottom,
              top - other.bottom,
            );
            expect(apart, `${id} letters on letters`).toBeGreaterThan(0.5);
          }
        }
        // The digits are on their squares.
        if (task === 'digits' || texts.length === 0) continue;
        const letters = drawAlone(width, height, texts).pixels;
        const rest = drawAlone(
          width,
          height,
          drawn.filter(({ tag }) => tag !== 'text'),
        ).pixels;
        const shared = letters.filter((alpha, i) => i % 4 === 3 && alpha > 60 && (rest[i] as number) > 60);
        expect(shared.length, `${id} letters on lines`).toBe(0);
      }
    },
  );
});

describe('the style', () => {
  it('out-of-domain is another in something that the picture has', () => {
    fc.assert(
      fc.property(fc.string(), fc.subarray(['shades', 'font', 'noise'] as const), (key, without) => {
        const { shifts } = drawStyle(randomFrom(key), 'out-of-domain', without);
        expect(shifts.length).toBeGreaterThan(0);
        for (const name of without) expect(shifts).not.toContain(name);
        expect(drawStyle(randomFrom(key), 'in-domain', without).shifts).toEqual([]);
      }),
    );
  });

  it.each(every.filter(({ split }) => split === 'out-of-domain'))(
    'is seen in $task, difficulty $difficulty',
    (which) => {
      const { task, ...options } = which;
      const drawer = createTask(task, options);
      let alike = 0;
      const has = new Set(['background', 'layout', 'noise']);
      for (let index = 0; index < 1500; index++) {
        const { svg } = drawer.sample(3, index).image;
        if (svg.includes('<text')) has.add('font');
        if (/#(e53935|b71c1c|1e63e5|64b5f6)/.test(svg)) has.add('shades');
        if (
          !/fill-opacity="0.6"\/><\/svg>|Serif|Mono|#(263238|e0f2f1|b71c1c|ffa040|fff176|9ccc65|64b5f6|5e35b1|ec80d0|5d4037|bdbdbd)/.test(
            svg,
          )
        )
          alike++;
      }
      // What is left has another layout only: one in 2ⁿ draws, and one in n of those in which nothing was drawn.
      const expected = (1 + 1 / has.size) / 2 ** has.size;
      expect(Math.abs(alike / 1500 - expected)).toBeLessThan(0.02);
    },
  );
});
