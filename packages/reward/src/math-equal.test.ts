import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mathEqual } from './index.js';

interface Pair {
  readonly group: string;
  readonly equal: boolean;
  readonly answer: string;
  readonly reference: string;
}

function readPairs(): Pair[] {
  const text = readFileSync(new URL('./__fixtures__/answer-pairs.txt', import.meta.url), 'utf8');
  const pairs: Pair[] = [];
  let group = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) group = line.slice(2);
    if (!/^[=!] /.test(line)) continue;
    const [answer, reference] = line.slice(2).split(' ;; ') as [string, string];
    pairs.push({ group, equal: line[0] === '=', answer, reference });
  }
  return pairs;
}

/** Pairs on which mathEqual is known to disagree with the table, and why. */
const KNOWN: Readonly<Record<string, string>> = {};

describe('mathEqual', () => {
  const pairs = readPairs();

  it('knows a table of at least 300 pairs', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(300);
    expect(Object.keys(KNOWN).length / pairs.length).toBeLessThan(0.02);
  });

  it.each(pairs)('$group: "$answer" against "$reference" is $equal', async ({ answer, reference, equal }) => {
    const verdict = await mathEqual(answer, reference);
    const disagrees = `${answer} ;; ${reference}` in KNOWN;
    expect(verdict.equal, verdict.why).toBe(disagrees ? !equal : equal);
    expect(verdict.why).not.toBe('');
  });
});
