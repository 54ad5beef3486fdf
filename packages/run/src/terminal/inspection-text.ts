import type { InspectedToken } from '../page/page-data.js';
import type { Colours } from './colours.js';

const columns = [
  { title: 'H', read: (token: InspectedToken) => token.entropy, from: 40 },
  { title: 'H⁻', read: (token: InspectedToken) => token.removedEntropy, from: 40 },
  { title: 'ΔH', read: (token: InspectedToken) => token.shift, from: 0 },
  { title: 'log p', read: (token: InspectedToken) => token.logProb, from: 56 },
];
const barWidth = 10;

/**
 * Renders an inspected answer for a terminal: the text with its perception tokens marked, a legend, a table.
 *
 * @param tokens with their figures.
 * @param settings lines of the heading.
 * @param colours of the terminal.
 * @param width in characters.
 * @returns the text.
 */
export function inspectionText(
  tokens: readonly InspectedToken[],
  settings: readonly string[],
  colours: Colours,
  width: number,
): string {
  const strongest = Math.max(1e-6, ...tokens.map(({ shift }) => shift));
  const marked = ({ text, shift, perceives }: InspectedToken, shown = printable(text)) => {
    const shaded = colours.shade(shown, shift / strongest);
    return perceives ? colours.mark(shaded) : shaded;
  };
  const taken = tokens.filter(({ perceives }) => perceives).length;
  const sample = colours.mark(colours.shade('abc', 1));
  const legend = [
    `${sample} perception token, ${taken} of ${tokens.length}`,
    ...(colours.shades
      ? [
          `${[0.1, 0.4, 0.7, 1].map((depth) => colours.shade(' ', depth)).join('')} ΔH up to ${strongest.toFixed(2)} nats`,
        ]
      : []),
  ].join(colours.soft(' · '));
  const shown = columns.filter(({ from }) => width >= from);
  const bars = width >= 64;
  const head = `${shown.map(({ title }) => title.padStart(7)).join('')}  ${bars ? ' '.repeat(barWidth + 2) : ''}token`;
  const rows = tokens.map((token) => {
    const figures = shown.map(({ read }) => rounded(read(token)).padStart(7)).join('');
    const bar = bars ? `${barOf(token.shift / strongest)}  ` : '';
    const room = Math.max(4, width - figures.length - 2 - bar.length - 2);
    return `${figures}  ${bar}${marked(token, cut(visible(token.text), room))}`;
  });
  return [
    tokens.map((token) => marked(token)).join(''),
    '',
    legend,
    colours.soft(settings.join(' · ')),
    '',
    colours.soft(head),
    ...rows,
  ].join('\n');
}

/** Model text could hold codes that move the cursor or recolour the terminal; all but line breaks are shown instead. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, (character) =>
    character === '\t' ? '\t' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** A token by itself, so that its white space can be seen. */
function visible(text: string): string {
  return printable(text).replaceAll('\n', '↵').replaceAll('\t', '⇥').replaceAll(' ', '␣') || '∅';
}

function rounded(value: number): string {
  return value.toFixed(3).replace('-0.000', '0.000');
}

function cut(text: string, room: number): string {
  const characters = [...text];
  return characters.length <= room ? text : `${characters.slice(0, room - 1).join('')}…`;
}

function barOf(share: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * barWidth * 8);
  const rest = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'.charAt((eighths % 8) - 1);
  return `${'█'.repeat(Math.floor(eighths / 8))}${rest}`.padEnd(barWidth);
}
