import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DownloadProgress, readModelDirectory, resolveModel } from './index.js';

// A hub of one repository, answered by a fetch of our own in the shapes that the hub's API has.
const fixtures = fileURLToPath(new URL('./__fixtures__/', import.meta.url));
const commit = '0123456789abcdef0123456789abcdef01234567';
const name = 'someone/tiny-model';
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let content: Map<string, Uint8Array>;
let requests: string[];
/** Bytes after which the body of a file breaks off. */
let breakAfter: Map<string, number>;
/** Whether it breaks off without an error, as some proxies do. */
let silently: boolean;

const fakeHub: typeof fetch = async (input, init) => {
  const url = new URL(String(input));
  const headers = new Headers(init?.headers);
  requests.push(`${url.pathname}${headers.has('Range') ? ` ${headers.get('Range')}` : ''}`);
  const json = (body: unknown) =>
    new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } });
  if (url.pathname === `/api/models/${name}/revision/main`) return json({ _id: '1', id: name, sha: commit });
  if (url.pathname === `/api/models/${name}/tree/${commit}`) {
    return json([
      { type: 'directory', path: 'onnx', oid: 'x', size: 0 },
      ...[...content].map(([path, bytes]) => ({
        type: 'file',
        path,
        size: bytes.length,
        oid: hash(bytes).slice(0, 40),
        ...(path.endsWith('.safetensors')
          ? { lfs: { oid: hash(bytes), size: bytes.length, pointerSize: 130 } }
          : {}),
      })),
    ]);
  }
  const path = url.pathname.replace(`/${name}/resolve/${commit}/`, '');
  const bytes = content.get(path);
  if (!bytes) return new Response('no such repository', { status: 404 });
  const range = /bytes=(\d+)-(\d+)/.exec(headers.get('Range') ?? '');
  const from = range ? Number(range[1]) : 0;
  const to = range ? Number(range[2]) + 1 : bytes.length;
  const end = Math.min(to, breakAfter.get(path) ?? bytes.length);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (end > from) controller.enqueue(bytes.slice(from, end));
      if (end < to && !silently) controller.error(new Error('connection lost'));
      else controller.close();
    },
  });
  return new Response(body, {
    status: range ? 206 : 200,
    headers: {
      ETag: `"${hash(bytes)}"`,
      ...(range ? { 'Content-Range': `bytes ${from}-${to - 1}/${bytes.length}` } : {}),
    },
  });
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cppo-hub-'));
});
afterAll(() => rm(root, { recursive: true }));

let options: { cacheDirectory: string; fetch: typeof fetch; hubUrl: string };
beforeEach(async () => {
  options = {
    cacheDirectory: await mkdtemp(join(root, 'cache-')),
    fetch: fakeHub,
    hubUrl: 'https://hub.example',
  };
  requests = [];
  breakAfter = new Map();
  silently = false;
  content = new Map();
  for (const file of await readdir(join(fixtures, 'nested-bf16'))) {
    content.set(file, await readFile(join(fixtures, 'nested-bf16', file)));
  }
  content.set('README.md', new TextEncoder().encode('# not needed'));
  content.set('consolidated.safetensors', new Uint8Array(1000));
});

const repository = () => join(options.cacheDirectory, 'models--someone--tiny-model');
const weights = () => [...content.keys()].filter((file) => file.startsWith('model-'));

describe('resolveModel', () => {
  it('leaves a directory as it is', async () => {
    expect(await resolveModel(fixtures)).toBe(fixtures);
  });

  it('downloads what is needed into the cache that Python shares', async () => {
    const reports: DownloadProgress[] = [];
    const directory = await resolveModel(name, { ...options, onProgress: (report) => reports.push(report) });
    expect(directory).toBe(join(repository(), 'snapshots', commit));
    expect((await readModelDirectory(directory)).tensorIndex.size).toBeGreaterThan(10);
    const files = await readdir(directory);
    expect(files).not.toContain('README.md');
    expect(files).not.toContain('consolidated.safetensors');
    expect(await readFile(join(repository(), 'refs/main'), 'utf8')).toBe(commit);
    const [shard] = weights();
    expect(await readlink(join(directory, shard!))).toBe(
      join('..', '..', 'blobs', hash(content.get(shard!)!)),
    );
    expect(
      (await readdir(join(repository(), 'blobs'))).filter((file) => file.endsWith('.incomplete')),
    ).toEqual([]);
    const total = weights().reduce((sum, file) => sum + content.get(file)!.length, 0);
    expect(reports.at(-1)).toEqual({ file: weights().at(-1), bytesDone: total, bytesTotal: total });
  });

  it('downloads nothing twice', async () => {
    await resolveModel(name, options);
    requests = [];
    await resolveModel(`${name}@main`, options);
    expect(requests.filter((request) => request.includes('/resolve/'))).toEqual([]);
  });

  it('goes on where it was interrupted', async () => {
    const [shard] = weights();
    breakAfter.set(shard!, 500);
    await expect(resolveModel(name, options)).rejects.toThrow(
      new RegExp(`downloading ${shard} of ${name} stopped after \\d+ of \\d+ bytes .*; call again to resume`),
    );
    const partial = join(repository(), 'blobs', `${hash(content.get(shard!)!)}.incomplete`);
    // How much of a broken stream arrives is up to its buffers; so that there is a rest to go on from:
    await writeFile(partial, content.get(shard!)!.slice(0, 400));
    breakAfter.clear();
    requests = [];
    const directory = await resolveModel(name, options);
    expect(
      requests.some((request) => request.endsWith(`${shard} bytes=400-${content.get(shard!)!.length - 1}`)),
    ).toBe(true);
    expect(hash(await readFile(join(directory, shard!)))).toBe(hash(content.get(shard!)!));
  });

  it('does not take a part for the whole when a download ends early without an error', async () => {
    const [shard] = weights();
    breakAfter.set(shard!, 500);
    silently = true;
    await expect(resolveModel(name, options)).rejects.toThrow(
      `the hub sent 500 bytes of ${shard} of ${name}; expected ${content.get(shard!)!.length}`,
    );
    breakAfter.clear();
    const directory = await resolveModel(name, options);
    expect(hash(await readFile(join(directory, shard!)))).toBe(hash(content.get(shard!)!));
  });

  it('takes what the cache has when there is no network, and says so when it has nothing', async () => {
    const directory = await resolveModel(name, options);
    const offline = () => Promise.reject(new TypeError('fetch failed'));
    expect(await resolveModel(name, { ...options, fetch: offline })).toBe(directory);
    expect(await resolveModel(`${name}@${commit}`, { ...options, fetch: offline })).toBe(directory);
    await expect(resolveModel('someone/else', { ...options, fetch: offline })).rejects.toThrow(
      '"someone/else" is no directory here and not in the cache, and the hub cannot be reached (fetch failed)',
    );
  });

  it('fetches an adapter', async () => {
    content = new Map();
    for (const file of await readdir(join(fixtures, 'adapter'))) {
      content.set(file, await readFile(join(fixtures, 'adapter', file)));
    }
    const directory = await resolveModel(name, options);
    expect((await readdir(directory)).sort()).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  });

  it('names a model that is not there, and one without safetensors', async () => {
    await expect(resolveModel('someone/else', options)).rejects.toThrow(
      /"someone\/else" is no directory here, and the hub answers 404 for it; expected a model that exists/,
    );
    for (const source of ['./nowhere', 'a/b/c', '/nowhere', 'word', `${name}@../../x`]) {
      await expect(resolveModel(source, options)).rejects.toThrow(
        `"${source}" is no directory here; expected one, or`,
      );
    }
    for (const file of [...content.keys()]) if (file.includes('safetensors')) content.delete(file);
    await expect(resolveModel(name, options)).rejects.toThrow(
      `"${name}" has no model.safetensors on the hub`,
    );
  });

  it('does not take a file of another length for the whole', async () => {
    const directory = await resolveModel(name, options);
    const [shard] = weights();
    await writeFile(join(repository(), 'blobs', hash(content.get(shard!)!)), 'short');
    await resolveModel(name, options);
    expect((await stat(join(directory, shard!))).size).toBe(content.get(shard!)!.length);
  });
});
