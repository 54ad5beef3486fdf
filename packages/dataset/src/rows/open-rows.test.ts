import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectDataset, openDataset } from '../index.js';
import { openRows } from './open-rows.js';

// One white pixel.
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==',
  'base64',
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rows-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string | Buffer): string {
  const whole = join(folder, path);
  mkdirSync(join(whole, '..'), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

describe('openRows', () => {
  it.each([
    ['one', ['data-00000-of-00001.arrow', 'dataset_info.json', 'state.json'], '.to_parquet'],
    ['splits', ['dataset_dict.json', 'train/data-00000-of-00001.arrow'], '[split].to_parquet'],
  ])('says what a folder of save_to_disk is, and how it becomes parquet: %s', async (name, files, remedy) => {
    for (const file of files) write(`saved-${name}/${file}`, '{}');
    const path = join(folder, `saved-${name}`);
    await expect(openRows(path)).rejects.toThrow(
      `found folder ${path}, written by save_to_disk of Python's datasets (Arrow files); expected parquet`,
    );
    await expect(openRows(path)).rejects.toThrow(remedy);
  });

  it.each(['x.jsonl', 'x.parquet', 'x.csv', 'x.json'])(
    'says what is a pointer of Git LFS: %s',
    async (name) => {
      const path = write(
        `pointers/${name}`,
        'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
      );
      await expect(openRows(path)).rejects.toThrow(
        `found ${path}, a pointer of Git LFS and not the file itself`,
      );
    },
  );

  it('reads a folder of pictures with metadata.csv', async () => {
    write('photos/a/dot.png', png);
    write(
      'photos/metadata.csv',
      '\ufefffile_name,question,answer\na/dot.png,"How many, in ""words""?",one\n\na/gone.png,Why?,\n',
    );
    const set = await openDataset(join(folder, 'photos'), { broken: 'skip' });
    expect(await set.read(0)).toMatchObject({ question: 'How many, in "words"?', answer: 'one' });
    expect(set.skipped).toMatchObject([{ row: 2, reason: 'broken row' }]);
    expect(set.skipped[0]!.detail).toContain('metadata.csv:4: field "answer"');
    await set.close();
  });

  it('reads a folder of pictures with metadata.jsonl, several to a row', async () => {
    write('pairs/1.png', png);
    write('pairs/2.png', png);
    write(
      'pairs/metadata.jsonl',
      '{"file_names":["1.png","2.png"],"question":"<image> or <image>?","answer":"1"}\n',
    );
    const set = await openDataset(join(folder, 'pairs'));
    expect((await set.read(0)).images.map(({ name }) => name)).toEqual(['1.png', '2.png']);
    await set.close();
  });

  it('reads numbered picture columns together', async () => {
    const address = `data:image/png;base64,${png.toString('base64')}`;
    const path = write(
      'numbered.jsonl',
      JSON.stringify({ question: 'q', answer: 'a', image_1: address, image_2: address, image_3: null }),
    );
    const set = await openDataset(path);
    expect((await set.read(0)).images).toHaveLength(2);
    await set.close();
  });

  it('reads shards by pattern and by folder as one set, with rows counted through', async () => {
    const shard = (ids: readonly number[]) =>
      ids.map((id) => JSON.stringify({ id, question: 'q', answer: 'a' })).join('\n');
    write('shards/part-1.jsonl', shard([0, 1, 2]));
    write('shards/part-2.jsonl', `${shard([3, 4])}\nbroken`);
    for (const path of ['shards', 'shards/part-*.jsonl']) {
      const set = await openDataset(join(folder, path), { images: 'optional', broken: 'skip' });
      const ids: string[] = [];
      for await (const { id } of set.iterate({ shuffle: false })) ids.push(id);
      expect(ids).toEqual(['0', '1', '2', '3', '4']);
      expect(set.skipped).toMatchObject([{ row: 6, place: join(folder, 'shards/part-2.jsonl:3') }]);
      await set.close();
    }
  });

  it('names a row without an id by its file and line', async () => {
    const row = '{"question":"q","answer":"a"}';
    write('bare/1.jsonl', `${row}\n${row}`);
    write('bare/2.jsonl', row);
    const set = await openDataset(join(folder, 'bare'), { images: 'optional' });
    expect((await set.read(2)).id).toBe('2.jsonl:1');
    await set.close();
  });

  it('reads JSON lists, objects of rows, rows under data, and JSON lines under the wrong name', async () => {
    const row = { question: 'q', answer: 'a' };
    const of = async (content: string): Promise<string[]> => {
      const set = await openDataset(write('any.json', content), { images: 'optional' });
      const ids: string[] = [];
      for await (const { id } of set.iterate({ shuffle: false })) ids.push(id);
      await set.close();
      return ids;
    };
    expect(await of(JSON.stringify([row, row]))).toEqual(['any.json:1', 'any.json:2']);
    expect(await of(JSON.stringify({ x: row, y: { ...row, id: 'z' } }))).toEqual(['x', 'z']);
    expect(await of(JSON.stringify({ data: [row] }))).toEqual(['any.json:1']);
    expect(await of(`${JSON.stringify(row)}\n${JSON.stringify(row)}`)).toEqual(['any.json:1', 'any.json:2']);
    await expect(of('[1]')).rejects.toThrow('any.json:1: field "(whole row)": found number');
    await expect(of('3')).rejects.toThrow('expected a list of rows');
    await expect(of('{')).rejects.toThrow('which is not JSON');
  });

  it('says what is wrong with a file or folder', async () => {
    await expect(openRows(write('x.bin', ''))).rejects.toThrow(
      'expected a file that ends in .parquet, .jsonl',
    );
    await expect(openRows(write('x.parquet', 'no table here'))).rejects.toThrow('which is not parquet');
    await expect(openRows(join(folder, 'none-*.jsonl'))).rejects.toThrow('found no file that matches');
    write('empty/readme.txt', '');
    await expect(openRows(join(folder, 'empty'))).rejects.toThrow('with readme.txt; expected metadata.jsonl');
  });

  it('names lines that are not UTF-8, and takes nothing for no picture', async () => {
    const latin = Buffer.concat([
      Buffer.from('{"question":"caf'),
      Buffer.from([0xe9]),
      Buffer.from('","answer":"a"}\n{"question":"caf\u00e9","answer":"a","image":null}\n'),
      Buffer.from('{"question":"q","answer":"a","image":{"bytes":null,"path":null}}\n'),
    ]);
    const path = write('latin.jsonl', '');
    writeFileSync(path, latin);
    await expect(openDataset(path, { images: 'optional' })).rejects.toThrow(
      'latin.jsonl:1: field "(whole line)": found bytes that are not UTF-8',
    );
    const set = await openDataset(path, { images: 'optional', broken: 'skip' });
    expect((await set.read(0)).question).toBe('café');
    expect(set.skipped.map(({ row }) => row)).toEqual([1]);
    await set.close();
    await expect(openDataset(path, { broken: 'skip' })).rejects.toThrow('found no usable row');
    const { skipped } = await inspectDataset(path);
    expect(skipped.map(({ reason }) => reason)).toEqual(['broken row', 'no image', 'no image']);
  });

  it('knows parquet by its first bytes, whatever it is called', async () => {
    const parquet = readFileSync(new URL('../__fixtures__/mmk12.parquet', import.meta.url));
    const path = write('table.jsonl', '');
    writeFileSync(path, parquet);
    const set = await openDataset(path);
    expect(set.length).toBe(2);
    await set.close();
  });

  it('stops at a limit', async () => {
    const path = write(
      'ten.jsonl',
      Array.from({ length: 10 }, () => '{"question":"q","answer":"a"}').join('\n'),
    );
    const set = await openDataset(`${path}?limit=3`, { images: 'optional' });
    expect(set.length).toBe(3);
    await set.close();
    await expect(openDataset(`${path}?limit=none`)).rejects.toThrow('found limit=none');
  });

  it('asks a decoder where one is given', async () => {
    write('photos/metadata.jsonl', '{"file_name":"a/dot.png","question":"q","answer":"a"}');
    const decode = async (): Promise<never> => {
      throw new Error('colour table is damaged');
    };
    await expect(openDataset(join(folder, 'photos'), { decode })).rejects.toThrow(
      '"a/dot.png": colour table is damaged',
    );
  });
});
