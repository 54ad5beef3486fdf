import { describe, expect, it } from 'vitest';
import { layout, partOffsets, real, size, whole, wordCount, wordsOf, writeRecord } from './layout.js';

const base = layout('Base', { first: size(), second: whole() });
const record = layout('Record', { third: real() }, { base, parts: { a: base, b: base } });
const values = { first: 1, second: -2, third: 0.5, a: { first: 3, second: 4 }, b: { second: 6, first: 5 } };

describe('a record', () => {
  it('lies in memory as described: the base, the fields, the parts', () => {
    const buffer = new ArrayBuffer(48);
    const memory = { HEAPU32: new Uint32Array(buffer), HEAPF32: new Float32Array(buffer) };
    expect(writeRecord(memory, 8, record, values)).toBe(8 + 4 * 7);
    expect([...new Int32Array(buffer, 8, 2), ...new Float32Array(buffer, 16, 1)]).toEqual([1, -2, 0.5]);
    expect([...memory.HEAPU32.subarray(5)]).toEqual([3, 4, 5, 6, 0, 0, 0]);
  });

  it('says how long it is and where its parts begin', () => {
    expect(wordCount(record)).toBe(7);
    expect([...partOffsets(record)]).toEqual([
      ['a', 3],
      ['b', 5],
    ]);
  });

  it('of whole numbers is a list of words', () => {
    expect([...wordsOf(base, { second: -1, first: 7 })]).toEqual([7, -1]);
  });
});
