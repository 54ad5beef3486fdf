import { expect, it } from 'vitest';
import type { InspectedToken } from '../page/page-data.js';
import { coloursOf } from './colours.js';
import { inspectionText } from './inspection-text.js';

const token = (text: string, shift: number, perceives: boolean): InspectedToken => ({
  id: 1,
  text,
  logProb: -0.25,
  entropy: 0.5,
  removedEntropy: 0.5 + shift,
  shift,
  perceives,
});
const tokens = [token('I see', -0.1, false), token(' 8', 1.5, true), token('\x1b[2J\n', 0.2, false)];
const terminal = (depth: number) => ({ isTTY: true, getColorDepth: () => depth });
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const codes = /\x1b\[[\d;]*m/g;

it('marks perception tokens with brackets where there are no colours', () => {
  for (const [stream, environment] of [
    [{ isTTY: false }, {}],
    [terminal(24), { NO_COLOR: '1' }],
    [{ isTTY: false }, { FORCE_COLOR: '1', NO_COLOR: '1' }],
    [terminal(1), {}],
  ] as const) {
    const text = inspectionText(tokens, ['views papo'], coloursOf(stream, environment), 80);
    expect(text).not.toContain('\x1b');
    expect(text).toContain('I see[ 8]');
    expect(text).toContain('[abc] perception token, 1 of 3');
    expect(text).toMatch(/0\.500 {2}2\.000 {2}1\.500 {1}-0\.250 {2}█{10} {2}\[␣8\]/);
  }
});

it('shades where a terminal shows 256 colours, or is made to', () => {
  for (const colours of [coloursOf(terminal(8), {}), coloursOf({ isTTY: false }, { FORCE_COLOR: '1' })]) {
    const text = inspectionText(tokens, [], colours, 80);
    expect(text).toContain('\x1b[1;4m\x1b[30;48;5;214m 8\x1b[39;49m\x1b[22;24m');
    expect(text.replace(codes, '')).toContain('ΔH up to 1.50 nats');
  }
});

it('shows what model text could do to a terminal instead of doing it', () => {
  const text = inspectionText(tokens, [], coloursOf(terminal(24), {}), 80).replace(codes, '');
  expect(text).toContain('\\x1b[2J');
  expect(text).toContain('\\x1b[2J↵');
  expect(text).not.toContain('\x1b');
});

it.each([24, 34, 50, 60, 120])('keeps its table within %d columns', (width) => {
  const long = [...tokens, token('a'.repeat(200), 0, false)];
  const text = inspectionText(long, [], coloursOf({ isTTY: false }, {}), width);
  const table = text.slice(text.indexOf('ΔH')).split('\n').slice(1);
  for (const line of table) expect([...line].length).toBeLessThanOrEqual(width);
});
