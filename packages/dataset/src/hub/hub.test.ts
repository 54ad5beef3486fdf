import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '../index.js';

const fixture = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../__fixtures__/${name}`, import.meta.url)));

const commit = 'c'.repeat(40);
const card = `---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*
  - split: test
    path: data/test-*
---
# A set
`;
// Above a megabyte the client asks for ranges, as it does for real files.
const large = Buffer.from(
  Array.from({ length: 3000 }, (_, row) =>
    JSON.stringify({ id: row, question: `Question ${row} ${'.'.repeat(400)}`, answer: '1', images: [] }),
  ).join('\n'),
);
const repositories: Record<string, Record<string, Buffer>> = {
  'team/geometry': {
    'README.md': Buffer.from(card),
    'data/train-00000-of-00001.parquet': fixture('geometry3k.parquet'),
    'data/test-00000-of-00001.parquet': fixture('mmk12.parquet'),
  },
  'team/paths': { '39Krelease.parquet': fixture('virl39k.parquet'), 'images.zip': fixture('images.zip') },
  'team/large': { 'train.jsonl': large },
};

/** Speaks as much of the hub's interface as reading a data set takes. */
function startHub(log: { path: string; range: string | undefined }[]): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://hub');
    const [, repository, rest] =
      /^\/(?:api\/)?datasets\/([^/]+\/[^/]+)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    const files = repositories[repository!];
    if (!files || request.headers.authorization === 'Bearer wrong') {
      response.writeHead(401).end('{}');
      return;
    }
    const json = (content: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    };
    if (rest!.startsWith('revision/'))
      return json({ _id: '1', id: repository, sha: commit, lastModified: 0 });
    if (rest!.startsWith('tree/')) {
      return json(
        Object.entries(files).map(([path, content]) => ({
          type: 'file',
          path,
          size: content.length,
          oid: createHash('sha1').update(content).digest('hex'),
        })),
      );
    }
    const path = rest!.replace(`resolve/${commit}/`, '');
    const content = files[path];
    if (!content) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
      return;
    }
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
    log.push({ path, range: request.headers.range });
    const from = range ? Number(range[1]) : 0;
    const to = range?.[2] ? Math.min(Number(range[2]) + 1, content.length) : content.length;
    response.writeHead(range ? 206 : 200, {
      etag: '"e"',
      'content-length': to - from,
      ...(range && { 'content-range': `bytes ${from}-${to - 1}/${content.length}` }),
    });
    response.end(content.subarray(from, to));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

describe('hub data sets', () => {
  const log: { path: string; range: string | undefined }[] = [];
  let server: Server;
  let cacheFolder: string;
  let hubUrl: string;
  beforeAll(async () => {
    server = await startHub(log);
    hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    cacheFolder = mkdtempSync(join(tmpdir(), 'hub-'));
    log.length = 0;
  });
  afterEach(() => rmSync(cacheFolder, { recursive: true }));

  it('reads the split that is named, as the card describes it, and fetches no other', async () => {
    const set = await openDataset('team/geometry/test', { cacheFolder, hubUrl });
    expect(set.name).toBe('geometry');
    expect((await set.read(0)).metadata).toEqual({ subject: 'math' });
    expect(log.some(({ path }) => path.includes('train'))).toBe(false);
    await set.close();
    const train = await openDataset('hub:team/geometry@main:default', { cacheFolder, hubUrl });
    expect(train.length).toBe(5);
    await train.close();
  });

  it('fetches nothing twice, and needs no network for what it has', async () => {
    await (await openDataset('team/geometry', { cacheFolder, hubUrl })).close();
    log.length = 0;
    await (await openDataset('team/geometry', { cacheFolder, hubUrl })).close();
    expect(log).toEqual([]);
    const offline = await openDataset('team/geometry', { cacheFolder, hubUrl: 'http://127.0.0.1:9' });
    expect(offline.length).toBe(5);
    await offline.close();
  });

  it("keeps files where Hugging Face's tools look for them", async () => {
    await (await openDataset('team/geometry', { cacheFolder, hubUrl })).close();
    const storage = join(cacheFolder, 'datasets--team--geometry');
    expect(readFileSync(join(storage, 'refs/main'), 'utf8')).toBe(commit);
    expect(existsSync(join(storage, 'snapshots', commit, 'data/train-00000-of-00001.parquet'))).toBe(true);
  });

  it('continues an interrupted fetch where it stopped', async () => {
    const options = { cacheFolder, hubUrl, images: 'optional' as const };
    await (await openDataset('team/large', options)).close();
    const blobs = join(cacheFolder, 'datasets--team--large/blobs');
    const [blob] = readdirSync(blobs);
    // What a kill leaves: part of the file under its temporary name, and no finished one.
    const part = readFileSync(join(blobs, blob!));
    rmSync(join(blobs, blob!));
    writeFileSync(join(blobs, `${blob}.incomplete`), part);
    truncateSync(join(blobs, `${blob}.incomplete`), 1_000_000);
    log.length = 0;
    const set = await openDataset('team/large', options);
    expect(set.length).toBe(3000);
    expect((await set.read(2999)).id).toBe('2999');
    expect(readFileSync(join(blobs, blob!)).equals(large)).toBe(true);
    const asked = log
      .map(({ range }) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0))
      .filter((from) => from > 0);
    expect(asked).toEqual([1_000_000]);
    await set.close();
  });

  it('finds pictures that rows name by path in the archive beside them', async () => {
    const set = await openDataset('team/paths', { cacheFolder, hubUrl });
    expect((await set.read(1)).images).toHaveLength(2);
    await set.close();
  });

  it('lists what there is when a split, a configuration or a set is not there', async () => {
    const options = { cacheFolder, hubUrl };
    await expect(openDataset('team/geometry/validation', options)).rejects.toThrow(
      'found split "validation" for team/geometry@main; expected one of train, test',
    );
    await expect(openDataset('team/geometry:other', options)).rejects.toThrow('expected one of default');
    await expect(openDataset('team/paths/test', options)).rejects.toThrow('39Krelease.parquet');
    await expect(openDataset('team/nothing', options)).rejects.toThrow(
      'team/nothing@main cannot be read from the hub (status 401)',
    );
  });
});
