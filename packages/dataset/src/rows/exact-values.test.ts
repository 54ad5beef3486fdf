import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDataset } from '../index.js';
import { openParquet, rowCache } from './parquet.js';
import { parseJson } from './parse-json.js';

// Written by pyarrow; see tools/reference/dataset/make_numbers.py.
const fixture = (name: string): string => fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url));
const { columns } = JSON.parse(readFileSync(fixture('numbers.json'), 'utf8')) as {
  columns: Record<string, unknown[]>;
};

function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asText(each)]));
}

describe.each(['numbers.parquet', 'numbers-plain.parquet'])('%s', (name) => {
  // Floats in another notation than Python's are compared by value.
  const floats = ['double', 'float', 'half'];
  const stored: Readonly<Record<string, readonly number[]>> = {
    float: [0.1, 16777216, -3.4e38],
    half: [0.1, 65504, -2.5],
  };

  it.each(Object.keys(columns))('keeps what is stored in %s', async (column) => {
    const source = await openParquet(fixture(name), rowCache());
    for (const [at, expected] of columns[column]!.entries()) {
      const value = (await source.read(at)).values![column];
      if (stored[column]) expect(value).toBe(stored[column][at]);
      else if (floats.includes(column)) expect(value).toBe(Number(expected));
      else expect(asText(value)).toEqual(expected);
      // Nothing that JSON could not hold.
      expect(JSON.parse(JSON.stringify({ value }))).toEqual({ value });
    }
    await source.close();
  });

  it('gives answers as they are stored', async () => {
    for (const column of ['int64', 'uint64', 'wide', 'decimal', 'date', 'micros']) {
      const set = await openDataset(fixture(name), {
        images: 'optional',
        fields: { question: ['date'], answer: [column] },
      });
      expect((await set.read(0)).answer).toBe(columns[column]![0]);
      await set.close();
    }
  });
});

describe('parseJson', () => {
  it.each([
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['9007199254740992', 9007199254740992],
    ['12345678901234567890', '12345678901234567890'],
    ['3.14159265358979323846', '3.14159265358979323846'],
    ['0.1', 0.1],
    ['0.10000000000000000', 0.1],
    ['100000000000000000000', 1e20],
    ['1e400', '1e400'],
    ['1.50e3', 1500],
    ['-0', -0],
  ])('reads %s as %j', (text, value) => {
    for (const form of [text, ` ${text} `]) expect(parseJson(form)).toBe(value);
    expect(parseJson(`{"a":[1,${text}],"b":"${text}"}`)).toEqual({ a: [1, value], b: text });
  });

  it('does otherwise what JSON.parse does', () => {
    const text = '{"n":9007199254740993,"a":1,"a":2,"t":"\\u00e9\\n","e":[],"o":{"x":null,"y":true}}';
    expect(parseJson(text)).toEqual({ ...(JSON.parse(text) as object), n: '9007199254740993' });
    expect(() => parseJson('[9007199254740993')).toThrow(SyntaxError);
    expect(parseJson('\ufeff[1]')).toEqual([1]);
  });
});
