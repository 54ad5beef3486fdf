import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import expected from './__fixtures__/expected.json' with { type: 'json' };
import { narrowToBfloat16, widen } from './number-formats.js';
import { buildSafetensorsHeader, parseSafetensorsHeader, safetensorsHeaderLength } from './safetensors.js';

const words = (values: Float32Array) => [...new Int32Array(values.buffer)];
const bytes = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
/** Parses a header followed by `data` bytes. */
const parse = (json: unknown, data: number) => {
  const header = bytes(json);
  return parseSafetensorsHeader(header, 8 + header.length + data, 'x.safetensors');
};

describe('number formats', () => {
  it('narrow to bfloat16 as torch does, ties to even', () => {
    const values = new Float32Array(Int32Array.from(expected.bfloat16.words).buffer);
    expect([...narrowToBfloat16(values)]).toEqual(expected.bfloat16.halves);
  });

  it('widen float16 as torch does', () => {
    const target = new Float32Array(expected.float16.halves.length);
    widen(new Uint8Array(Uint16Array.from(expected.float16.halves).buffer), 'F16', target, 0);
    expect(words(target)).toEqual(expected.float16.words);
  });

  it('widen every float16 to the number its fields mean', () => {
    const halves = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    const target = new Float32Array(halves.length);
    widen(new Uint8Array(halves.buffer), 'F16', target, 0);
    for (const half of halves) {
      const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
      const infinite = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
      const finite = sign * (exponent ? 1 + fraction / 1024 : fraction / 512) * 2 ** (exponent - 15);
      if (!Object.is(target[half], exponent === 31 ? infinite : finite)) expect.unreachable(`half ${half}`);
    }
  });

  it('widen bfloat16 to the number with the same upper half', () => {
    fc.assert(
      fc.property(fc.uint16Array(), (halves) => {
        const target = new Float32Array(halves.length + 3);
        widen(new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength), 'BF16', target, 2);
        expect(words(target)).toEqual([0, 0, ...[...halves].map((half) => (half << 16) | 0), 0]);
      }),
    );
  });

  it('come back unchanged from bfloat16 when they were bfloat16, and within half a place otherwise', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true, max: 2 ** 100, min: -(2 ** 100) }),
        (value) => {
          const there = new Float32Array(1);
          widen(new Uint8Array(narrowToBfloat16(Float32Array.of(value)).buffer), 'BF16', there, 0);
          expect(Math.abs(there[0]! - value)).toBeLessThanOrEqual(
            Math.max(Math.abs(value) * 2 ** -8, 2 ** -133),
          );
          const again = narrowToBfloat16(there);
          const back = new Float32Array(1);
          widen(new Uint8Array(again.buffer), 'BF16', back, 0);
          expect(Object.is(back[0], there[0])).toBe(true);
        },
      ),
    );
  });

  it('keep what is no number', () => {
    const there = new Float32Array(2);
    widen(new Uint8Array(narrowToBfloat16(Float32Array.of(Number.NaN)).buffer), 'BF16', there, 0);
    widen(Uint8Array.of(0x01, 0x7c), 'F16', there, 1);
    expect([...there]).toEqual([Number.NaN, Number.NaN]);
    // All mantissa bits set: rounding up would carry into the sign.
    const payload = new Float32Array(Uint32Array.of(0x7fffffff, 0xffffffff, 0x7f800001).buffer);
    expect([...narrowToBfloat16(payload)]).toEqual([0x7fc0, 0x7fc0, 0x7fc0]);
  });

  it('read bytes at any alignment', () => {
    const odd = new Uint8Array([0, 0x80, 0x3f, 0, 0x40]).subarray(1);
    const target = new Float32Array(2);
    widen(odd, 'BF16', target, 0);
    expect([...target]).toEqual([1, 2]);
    const four = new Float32Array(1);
    widen(new Uint8Array([9, 0, 0, 0x80, 0x3f]).subarray(1), 'F32', four, 0);
    expect(four[0]).toBe(1);
  });
});

describe('safetensors header', () => {
  it('comes back as it was built, aligned to 64 bytes', () => {
    const tensors = fc.uniqueArray(
      fc.record({
        name: fc
          .string({ unit: 'grapheme' })
          .filter((name) => name !== '__metadata__' && name !== '__proto__'),
        shape: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      }),
      { selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(tensors, (list) => {
        const built = buildSafetensorsHeader(list, 'BF16');
        expect(built.length % 64).toBe(0);
        const data = list.reduce((sum, { shape }) => sum + 2 * shape.reduce((a, b) => a * b, 1), 0);
        const length = safetensorsHeaderLength(built.subarray(0, 8), built.length + data, 'x');
        const { entries, metadata } = parseSafetensorsHeader(
          built.subarray(8, 8 + length),
          built.length + data,
          'x',
        );
        expect(metadata).toEqual({ format: 'pt' });
        expect(entries.map(({ name, shape }) => ({ name, shape }))).toEqual(list);
      }),
    );
  });

  const tensor = (begin: number, end: number) => ({
    dtype: 'F32',
    shape: [(end - begin) / 4],
    data_offsets: [begin, end],
  });

  it('orders the tensors by their bytes and reads the metadata', () => {
    const { entries, metadata } = parse(
      { __metadata__: { a: 'b' }, late: tensor(8, 16), early: tensor(0, 8) },
      16,
    );
    expect(entries.map(({ name }) => name)).toEqual(['early', 'late']);
    expect(metadata).toEqual({ a: 'b' });
  });

  it('names the file and the tensor that is wrong', () => {
    expect(() => parse({ a: tensor(0, 8), b: tensor(4, 12) }, 12)).toThrow(
      /in x\.safetensors, tensor "b" starts at byte \d+, inside "a", which ends at byte \d+/,
    );
    expect(() => parse({ a: tensor(0, 8), b: tensor(12, 16) }, 16)).toThrow(
      '4 bytes before tensor "b" belong to no tensor',
    );
    expect(() => parse({ a: tensor(0, 8), b: tensor(8, 16) }, 15)).toThrow(
      /tensor "b" is truncated: it ends at byte/,
    );
    expect(() => parse({ a: tensor(0, 8) }, 11)).toThrow('3 more than its header accounts for');
    expect(() => parse({ a: { ...tensor(0, 8), shape: [3] } }, 8)).toThrow(
      'tensor "a" covers 8 bytes (data_offsets [0, 8]); its shape [3] in F32 takes 12',
    );
    expect(() => parse({ a: { ...tensor(0, 8), dtype: 'F31' } }, 8)).toThrow(
      'tensor "a" has dtype "F31"; expected one of',
    );
    expect(() => parse({ a: { ...tensor(0, 8), shape: [-2] } }, 8)).toThrow('tensor "a" has shape [-2]');
    expect(() => parse({ a: { ...tensor(0, 8), data_offsets: [8] } }, 8)).toThrow(
      'tensor "a" has data_offsets [8]',
    );
    expect(() => parse({ a: null }, 0)).toThrow('tensor "a" has dtype undefined');
    expect(() => parse([], 0)).toThrow('the header of x.safetensors is not a JSON object');
    expect(() => parseSafetensorsHeader(new Uint8Array([0x7b]), 9, 'x.safetensors')).toThrow('is not JSON');
  });

  it('tells a truncated file and one of another kind', () => {
    const pointer = new TextEncoder().encode(
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9',
    );
    expect(() =>
      safetensorsHeaderLength(pointer.subarray(0, 8), pointer.length, 'model.safetensors'),
    ).toThrow('model.safetensors is a pointer of Git LFS, not the file itself; run "git lfs pull"');
    expect(() => safetensorsHeaderLength(new Uint8Array(3), 3, 'x')).toThrow(
      'x has 3 bytes; a safetensors file starts with 8',
    );
    const prefix = new Uint8Array(8).fill(0x50);
    expect(() => safetensorsHeaderLength(prefix, 900, 'x')).toThrow('truncated or not a safetensors file');
    expect(() => safetensorsHeaderLength(Uint8Array.of(100, 0, 0, 0, 0, 0, 0, 0), 50, 'x')).toThrow(
      'announces a header of 100 bytes but has 50 bytes in all',
    );
  });
});
