import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cppo } from './command.js';

// The shipped model behind a server with the paths and answers of the hub's API.
const model = fileURLToPath(new URL('../models/tiny/', import.meta.url));
const commit = '0123456789abcdef0123456789abcdef01234567';
const name = 'someone/tiny-qwen';
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const served: { path: string; token: string | undefined }[] = [];
let server: Server;
let home: string;
let env: Record<string, string>;

beforeAll(async () => {
  const files = new Map(readdirSync(model).map((file) => [file, readFileSync(join(model, file))]));
  server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://hub').pathname);
    served.push({ path, token: request.headers.authorization });
    const json = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (path === `/api/models/${name}/revision/main`) return json({ _id: '1', id: name, sha: commit });
    if (path === `/api/models/${name}/tree/${commit}`) {
      return json(
        [...files].map(([file, bytes]) => ({
          type: 'file',
          path: file,
          size: bytes.length,
          oid: hash(bytes).slice(0, 40),
          ...(file.endsWith('.safetensors') && {
            lfs: { oid: hash(bytes), size: bytes.length, pointerSize: 130 },
          }),
        })),
      );
    }
    const bytes = files.get(path.replace(`/${name}/resolve/${commit}/`, ''));
    if (bytes === undefined) return response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '');
    const from = Number(range?.[1] ?? 0);
    const to = range?.[2] ? Math.min(Number(range[2]) + 1, bytes.length) : bytes.length;
    return response
      .writeHead(range ? 206 : 200, {
        etag: `"${hash(bytes)}"`,
        'content-length': to - from,
        ...(range && { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` }),
      })
      .end(bytes.subarray(from, to));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  home = mkdtempSync(join(tmpdir(), 'cppo-hub-'));
  env = {
    HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    HF_TOKEN: 'hf_secret',
    HF_HOME: home,
  };
});

afterAll(() => {
  server.close();
  rmSync(home, { recursive: true });
});

describe('a model of the hub', () => {
  const score = (from: string, more: Record<string, string> = {}) =>
    cppo(['score', '--model', from, '--prompt', 'What is red plus blue?', '--completion', '3', '--json'], {
      env: { ...env, ...more },
    });

  it('is fetched with the token, kept, and scores as its directory does', async () => {
    const fetched = await score(name);
    expect(fetched).toMatchObject({ code: 0, stdout: (await score(model)).stdout });
    expect(served.some(({ path }) => path.endsWith('/model.safetensors'))).toBe(true);
    expect(new Set(served.map(({ token }) => token))).toEqual(new Set(['Bearer hf_secret']));

    const offline = await score(name, { HF_ENDPOINT: 'http://127.0.0.1:9' });
    expect(offline).toMatchObject({ code: 0, stdout: fetched.stdout });
  });

  it('that is not there is said in one sentence', async () => {
    const { code, stderr } = await score('someone/else');
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('--model');
    expect(stderr).toContain('someone/else');
  });
});
