import { chain, reply, seen } from './chain.js';
import type { Random } from './random.js';
import type { Difficulty, Split, TaskDefinition } from './sample.js';
import { drawStyle } from './style.js';
import { element, label, picture } from './svg.js';

/**
 * Clocks with two hands; what time will it be, or was it?
 *
 * Difficulty 1: half hours, whole hours later. 2: steps of five minutes, whole hours later or earlier.
 * 3: steps of five minutes, minutes later or earlier; no numerals on the face.
 */
export const clocks: TaskDefinition = {
  name: 'clocks',
  summary: 'clock faces, and the time some hours or minutes away',
  describe: 'Read the clock.',
  draw(random, difficulty, split) {
    const hour = random.integer(1, 12);
    const minute = difficulty === 1 ? random.pick([0, 30]) : 5 * random.integer(0, 11);
    const later = difficulty === 1 || random.next() < 0.5;
    const amount = difficulty === 3 ? 5 * random.integer(1, 11) : random.integer(1, 5);
    const minutes = (difficulty === 3 ? amount : 60 * amount) * (later ? 1 : -1);
    const answer = shown(hour * 60 + minute + minutes);
    const unit = difficulty === 3 ? 'minutes' : amount === 1 ? 'hour' : 'hours';
    const sign = later ? '+' : '-';
    return {
      scene: { hour, minute, minutes },
      width: 112,
      height: 112,
      svg: drawClock(random, hour, minute, difficulty, split),
      question: later
        ? `What time will it be in ${amount} ${unit}?`
        : `What time was it ${amount} ${unit} ago?`,
      answer,
      reference: reply(
        chain`I see ${seen(shown(hour * 60 + minute))}. ${shown(hour * 60 + minute)} ${sign} ${amount} ${unit} = ${answer}`,
        answer,
      ),
      description: chain`${seen(shown(hour * 60 + minute))}`,
    };
  },
};

/** Minutes after midnight as a face shows them: 12:05, 3:40. */
function shown(minutes: number): string {
  const wrapped = ((minutes % 720) + 720) % 720;
  const hour = Math.floor(wrapped / 60) || 12;
  return `${hour}:${String(wrapped % 60).padStart(2, '0')}`;
}

function drawClock(
  random: Random,
  hour: number,
  minute: number,
  difficulty: Difficulty,
  split: Split,
): string {
  const style = drawStyle(random, split, difficulty === 3 ? ['shades', 'font'] : ['shades']);
  const size = 112;
  const middle = size / 2;
  const radius = size * (style.layout === 'in-domain' ? 0.46 : random.between(0.36, 0.42));
  const at = (turn: number, reach: number): readonly [number, number] => [
    middle + radius * reach * Math.sin(2 * Math.PI * turn),
    middle - radius * reach * Math.cos(2 * Math.PI * turn),
  ];
  const hand = (turn: number, reach: number, width: number): string => {
    const [x2, y2] = at(turn, reach);
    return element('line', {
      x1: middle,
      y1: middle,
      x2,
      y2,
      stroke: style.ink,
      'stroke-width': width,
      'stroke-linecap': style.layout === 'in-domain' ? 'round' : 'butt',
    });
  };
  const marks = Array.from({ length: 12 }, (_, i) => {
    if (difficulty < 3 && (style.layout === 'in-domain' || i % 3 === 0)) {
      const [x, y] = at(i / 12, 0.82);
      const lettering = { size: radius * 0.24, fill: style.ink, family: style.family, weight: style.weight };
      return label(x, y, String(i === 0 ? 12 : i), lettering);
    }
    const [x1, y1] = at(i / 12, 0.85);
    const [x2, y2] = at(i / 12, 0.97);
    return element('line', { x1, y1, x2, y2, stroke: style.ink, 'stroke-width': 1.5 });
  });
  return picture(size, size, style.background, [
    element('circle', {
      cx: middle,
      cy: middle,
      r: radius,
      fill: 'none',
      stroke: style.ink,
      'stroke-width': 1.5,
    }),
    ...marks,
    hand(((hour % 12) + minute / 60) / 12, 0.45, 4),
    // Short of the numerals, so that it never runs into one.
    hand(minute / 60, 0.64, 2),
    ...style.noise(size, size),
  ]);
}
