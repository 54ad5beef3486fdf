import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeValue, nearestName, parseOptions, requireNames, requireOneOf } from './index.js';

describe('nearestName', () => {
  it.each([
    ['max_tokens', 'maxTokens'],
    ['MAXTOKENS', 'maxTokens'],
    ['thread', 'threads'],
    ['temprature', 'temperature'],
    ['tokens', 'maxTokens'],
    ['temp', 'temperature'],
    ['foo', undefined],
    ['x', undefined],
    ['', undefined],
  ])('%s → %s', (name, nearest) => {
    expect(nearestName(name, ['completions', 'maxTokens', 'temperature', 'threads'])).toBe(nearest);
  });
});

describe('requireNames', () => {
  const names = { maxTokens: true, seed: true } as const;
  it('takes what is known', () => {
    requireNames('f', { maxTokens: 3, seed: undefined }, names);
  });
  it.each([
    [{ max_tokens: 3 }, 'f: unknown option "max_tokens", did you mean "maxTokens"?'],
    [{ colour: 3 }, 'f: unknown option "colour", expected one of "maxTokens", "seed".'],
    [3, 'f: the options are 3, expected an object.'],
    [null, 'f: the options are null, expected an object.'],
    [[1, 2], 'f: the options are [1,2], expected an object.'],
  ])('refuses %j', (options, message) => {
    expect(() => requireNames('f', options as object as { maxTokens: number; seed: number }, names)).toThrow(
      new RangeError(message),
    );
  });
  it('says so where there are none', () => {
    expect(() => requireNames('f', { x: 1 } as object, {})).toThrow('f: unknown option "x", expected none.');
  });
});

describe('requireOneOf', () => {
  it('names the choices and the nearest', () => {
    requireOneOf('f', 'kind', 'k1', ['k1', 'k3-clamped']);
    expect(() => requireOneOf('f', 'kind', 'k3clamped', ['k1', 'k3-clamped'])).toThrow(
      'f: kind is "k3clamped", did you mean "k3-clamped"? There are "k1", "k3-clamped".',
    );
    expect(() => requireOneOf('f', 'kind', undefined as never, ['k1', 'abs'])).toThrow(
      'f: kind is undefined, expected one of "k1", "abs".',
    );
  });
});

describe('parseOptions', () => {
  const schema = z
    .strictObject({
      count: z.int().positive().default(1),
      inner: z.strictObject({ fast: z.boolean().default(true) }).prefault({}),
      list: z.array(z.strictObject({ weight: z.number() })).optional(),
    })
    .refine(({ count }) => count !== 13, { message: 'thirteen is not allowed' });
  it('fills in defaults', () => {
    expect(parseOptions('f', schema, {})).toEqual({ count: 1, inner: { fast: true } });
  });
  it.each([
    [{ counts: 2 }, 'f: unknown option "counts", did you mean "count"?'],
    [{ inner: { fats: true } }, 'f: unknown option "inner.fats", did you mean "inner.fast"?'],
    [{ list: [{ wait: 1 }] }, /^f: /],
    [{ count: 0 }, /^f: count is 0: Too small: .*\.$/],
    [{ count: Number.NaN }, /^f: count is NaN: /],
    [{ count: 13 }, 'f: the options are {"count":13}: thirteen is not allowed.'],
    ['x', /^f: the options are "x": /],
  ])('refuses %j', (options, message) => {
    expect(() => parseOptions('f', schema, options)).toThrow(message);
  });
});

describe('describeValue', () => {
  it.each([
    [undefined, 'undefined'],
    [[1, Number.NaN], '[1,"NaN"]'],
    [() => 1, 'a function'],
    [{ shape: [2, 3] }, 'a tensor of shape [2, 3]'],
    [new Float32Array(3), 'a Float32Array'],
    ['x'.repeat(100), `"${'x'.repeat(59)}…`],
    [Symbol('s'), 'a symbol'],
  ])('%s', (value, text) => {
    expect(describeValue(value)).toBe(text);
  });
});
