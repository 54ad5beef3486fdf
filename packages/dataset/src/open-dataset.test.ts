import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DatasetError, type Filter, openDataset, type Sample, UnusableSample } from './index.js';

// One white pixel.
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==';
const pngBytes = Buffer.from(png, 'base64');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dataset-'));
  writeFileSync(join(folder, 'dot.png'), pngBytes);
  writeFileSync(join(folder, 'cut.png'), pngBytes.subarray(0, 50));
  writeFileSync(join(folder, 'text.png'), 'not a picture');
  writeFileSync(join(folder, 'pointer.png'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function lines(name: string, rows: readonly unknown[], newline = '\n'): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join(newline));
  return path;
}

async function collect(samples: AsyncIterable<Sample>): Promise<Sample[]> {
  const list: Sample[] = [];
  for await (const sample of samples) list.push(sample);
  return list;
}

const good = { question: 'How many?', answer: '1', images: ['dot.png'] };

describe('openDataset on JSON lines', () => {
  it('reads pictures by relative path, absolute path, data address and bare base64', async () => {
    const path = lines('forms.jsonl', [
      good,
      { ...good, images: join(folder, 'dot.png') },
      { ...good, images: [`data:image/png;base64,${png}`] },
      { ...good, image: png, images: undefined },
    ]);
    const set = await openDataset(path);
    expect(set.length).toBe(4);
    for (let index = 0; index < 4; index++) {
      const sample = await set.read(index);
      expect(sample.question).toBe('How many?');
      expect(sample.images).toHaveLength(1);
      expect(Buffer.from(await sample.images[0]!.bytes())).toEqual(pngBytes);
    }
    expect((await set.read(0)).id).toBe('forms.jsonl:1');
    await set.close();
  });

  it('keeps columns that are named, or with * all that it reads for nothing else', async () => {
    const path = lines('columns.jsonl', [{ ...good, id: 'a', box: [0, 0, 4, 4], note: 'far', tools: null }]);
    const metadataUnder = async (metadata: string | string[]) => {
      const set = await openDataset(path, { fields: { metadata } });
      const sample = await set.read(0);
      await set.close();
      return sample.metadata;
    };
    expect(await metadataUnder('box')).toEqual({ box: [0, 0, 4, 4] });
    expect(await metadataUnder('*')).toEqual({ box: [0, 0, 4, 4], note: 'far' });
    expect(await metadataUnder(['answer', '*'])).toEqual({ answer: '1', box: [0, 0, 4, 4], note: 'far' });
    const refused = lines('tools.jsonl', [{ ...good, tools: [{ name: 'crop' }] }]);
    await expect(openDataset(refused, { fields: { metadata: '*' } })).rejects.toThrow('tools');
  });

  it('ignores blank lines, carriage returns and a byte order mark, and still counts lines right', async () => {
    const path = lines(
      'blank.jsonl',
      [`\ufeff${JSON.stringify(good)}`, '', '  ', good, '{"question": 1}', ''],
      '\r\n',
    );
    const error = await openDataset(path).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(DatasetError);
    expect((error as DatasetError).problems).toHaveLength(1);
    expect((error as DatasetError).problems[0]).toMatchObject({
      row: 3,
      place: `${path}:5`,
      field: 'question',
    });
  });

  it('names every broken line before anything is read: file, line, field, found, expected', async () => {
    const path = lines('broken.jsonl', [
      good,
      '{"question": ',
      '[1, 2]',
      { answer: '1', images: ['dot.png'] },
      { ...good, answer: '' },
      { ...good, answer: null },
      { ...good, images: ['dot.png', 'gone.png'] },
      { ...good, images: ['text.png'] },
      { ...good, images: ['cut.png'] },
      { ...good, images: [7] },
      { ...good, question: '<image> and <image>?' },
      { ...good, images: ['https://example.org/a.png'] },
      { ...good, images: ['pointer.png'] },
    ]);
    const error = (await openDataset(path).catch((each: unknown) => each)) as DatasetError;
    expect(error).toBeInstanceOf(DatasetError);
    expect(error.problems.map(({ place, field, found }) => [place.slice(path.length), field, found])).toEqual(
      [
        [':2', '(whole line)', expect.stringContaining('not JSON')],
        [':3', '(whole line)', 'JSON array'],
        [':4', 'question', 'no such column among answer, images'],
        [':5', 'answer', 'empty text'],
        [':6', 'answer', 'nothing in it'],
        [':7', 'images[1]', 'missing image "gone.png": no such file'],
        [':8', 'images', 'undecodable image "text.png": 13 bytes that start with 6e 6f 74 20 61 20 70 69'],
        [':9', 'images', 'undecodable image "cut.png": png data cut off at 50 bytes'],
        [':10', 'images', 'number 7'],
        [':11', 'question', '2 <image> tags and 1 image'],
        [':12', 'images', 'the web address "https://example.org/a.png"'],
        [':13', 'images', 'undecodable image "pointer.png": a pointer of Git LFS'],
      ],
    );
    expect(error.message).toContain(`12 broken rows in ${path}`);
    expect(error.message).toContain(`${path}:7: field "images[1]": found missing image "gone.png"`);
  });

  it('leaves broken rows out and lists them when asked to', async () => {
    const path = lines('some.jsonl', [{ ...good, images: [] }, good, 'x', { ...good, id: 'last' }]);
    const set = await openDataset(path, { broken: 'skip' });
    expect(set.length).toBe(2);
    expect(set.skipped.map(({ row, reason }) => [row, reason])).toEqual([
      [1, 'no image'],
      [3, 'broken row'],
    ]);
    expect((await collect(set.iterate({ shuffle: false }))).map(({ id }) => id)).toEqual([
      'some.jsonl:2',
      'last',
    ]);
    await set.close();
  });

  it('lists what a filter leaves out under its name', async () => {
    const path = lines('long.jsonl', [good, { ...good, question: 'x'.repeat(99) }]);
    const set = await openDataset(path, {
      filters: [{ name: 'prompt too long', keep: ({ question }) => question.length < 50 }],
    });
    expect(set.skipped).toMatchObject([{ row: 2, reason: 'prompt too long' }]);
    expect(set.length).toBe(1);
    await set.close();
  });

  it('takes columns by the names that the caller gives, dotted ones too', async () => {
    const path = lines('named.jsonl', [{ meta: { q: 'What?', a: 3 }, picture: 'dot.png' }]);
    const set = await openDataset(path, {
      fields: { question: 'meta.q', answer: 'meta.a', images: 'picture' },
    });
    expect(await set.read(0)).toMatchObject({
      question: 'What?',
      answer: '3',
      images: [{ name: 'dot.png' }],
    });
    await set.close();
  });

  it('shuffles by seed and epoch, and resumes at any position to the very same samples', async () => {
    const path = lines(
      'many.jsonl',
      Array.from({ length: 300 }, (_, row) => ({ ...good, id: row })),
    );
    const set = await openDataset(path);
    const ids = async (options: Parameters<typeof set.iterate>[0]): Promise<string[]> =>
      (await collect(set.iterate(options))).map(({ id }) => id);
    const whole = await ids({ seed: 3, epoch: 1 });
    expect(await ids({ seed: 3, epoch: 1 })).toEqual(whole);
    expect(new Set(whole).size).toBe(300);
    expect(whole).not.toEqual(await ids({ shuffle: false }));
    expect(await ids({ seed: 3, epoch: 2 })).not.toEqual(whole);
    expect(await ids({ seed: 4, epoch: 1 })).not.toEqual(whole);
    for (const start of [1, 63, 64, 299, 300]) {
      expect(await ids({ seed: 3, epoch: 1, start })).toEqual(whole.slice(start));
    }
    await expect(collect(set.iterate({ start: 301 }))).rejects.toThrow('expected a whole number in [0, 300]');
    await set.close();
  });

  it('says what is wrong with a path', async () => {
    await expect(openDataset(join(folder, 'gone.jsonl'))).rejects.toThrow('found no file or folder');
    await expect(openDataset(lines('empty.jsonl', ['', '']))).rejects.toThrow('found no usable row');
  });
});

describe('whatever is wrong with a row is its own fault', () => {
  const refusing: Filter = {
    name: 'refused',
    keep: ({ question }) => {
      if (question === 'torn') throw new Error('it tears');
      if (question === 'worn') throw new UnusableSample('question', 'a worn one', 'a new one');
      return question !== 'long';
    },
    explain: ({ question }) => `${question.length} characters`,
  };
  const rows = ['torn', 'fine', 'worn', 'long'].map((question) => ({ ...good, question }));

  it('also when a filter throws, and a filter may explain itself', async () => {
    const path = lines('refused.jsonl', rows);
    const set = await openDataset(path, { filters: [refusing], broken: 'skip' });
    expect(set.skipped.map(({ detail }) => detail.replace(/^.*refused\.jsonl/, ''))).toEqual([
      ':1: field "(whole row)": found what cannot be read (it tears); expected a sample',
      ':3: field "question": found a worn one; expected a new one',
      ':4: refused (4 characters)',
    ]);
    await set.close();
    await expect(openDataset(path, { filters: [refusing] })).rejects.toThrow('2 broken rows');
  });

  it('also in a table with a line that does not fit its header', async () => {
    const path = join(folder, 'torn.csv');
    writeFileSync(path, 'question,answer\r\nHow?,1\r\nWhy?\r\nWho?,2,3\r\nWhen?,4\r\n"never closed,5');
    const set = await openDataset(path, { images: 'optional', broken: 'skip' });
    expect(set.skipped.map(({ place }) => place.replace(/^.*torn/, 'torn'))).toEqual([
      'torn.csv:3',
      'torn.csv:4',
      'torn.csv:6',
    ]);
    expect((await collect(set.iterate({ shuffle: false }))).map(({ id }) => id)).toEqual([
      'torn.csv:2',
      'torn.csv:5',
    ]);
    await set.close();
  });

  it('a set is known by what it holds, wherever it lies', async () => {
    const fingerprint = async (name: string, list: readonly object[]) => {
      const set = await openDataset(lines(name, list));
      await set.close();
      return set.fingerprint;
    };
    mkdirSync(join(folder, 'moved'), { recursive: true });
    const held = { ...good, images: [png] };
    const own = await fingerprint('held.jsonl', [held, held]);
    expect(await fingerprint('moved/held.jsonl', [held, held])).toBe(own);
    expect(await fingerprint('held.jsonl', [held, { ...held, answer: '77' }])).not.toBe(own);
  });
});
