// Sharing what was trained: cards, adapters, and the hub, behind a server with the paths and answers of its API.
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { cppo } from './command.js';

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const name = 'someone/tiny-trained';

let root: string;
let server: Server;
let env: Record<string, string>;
/** The hub: files that were committed, large ones by their hash, and what it was asked to make. */
let committed: Map<string, Buffer>;
let stored: Map<string, Buffer>;
let made: object[];
let status: number;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'cppo-export-'));
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces);
    const json = (content: unknown, code = 200) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    if (request.url?.startsWith('/store/')) {
      stored.set(request.url.slice('/store/'.length), body);
      return response.writeHead(200).end();
    }
    if (request.headers.authorization !== 'Bearer hf_secret') return json({ error: 'Invalid token' }, 401);
    if (request.url === '/api/repos/create') {
      made.push(JSON.parse(body.toString()));
      return status === 200 ? json({ url: `http://hub/${name}`, id: name }) : json({ error: 'no' }, status);
    }
    if (request.url === `/api/models/${name}/preupload/main`) {
      const { files } = JSON.parse(body.toString()) as { files: { path: string }[] };
      const modeOf = (path: string) => (path.endsWith('.safetensors') ? 'lfs' : 'regular');
      return json({ files: files.map(({ path }) => ({ path, uploadMode: modeOf(path) })) });
    }
    if (request.url === `/${name}.git/info/lfs/objects/batch`) {
      const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
      const href = (oid: string) => `http://${request.headers.host}/store/${oid}`;
      const actions = (oid: string) => ({ upload: { href: href(oid) } });
      return json({
        transfer: 'basic',
        objects: objects.map(({ oid, size }) => ({ oid, size, actions: actions(oid) })),
      });
    }
    if (request.url === `/api/models/${name}/commit/main`) {
      for (const line of body.toString().split('\n')) {
        const { key, value } = JSON.parse(line);
        if (key === 'file') committed.set(value.path, Buffer.from(value.content, 'base64'));
        if (key === 'lfsFile') committed.set(value.path, stored.get(value.oid) ?? Buffer.alloc(0));
      }
      return json({ success: true, commitOid: '1', commitUrl: 'http://hub/1', hookOutput: '' });
    }
    return json({ error: 'unknown path' }, 404);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  env = { HF_ENDPOINT: `http://127.0.0.1:${port}`, HF_TOKEN: 'hf_secret' };
  const settings = [
    ...['rollout.prompts=2', 'rollout.completions=2', 'rollout.maxTokens=6', 'checkpoint.every=1'],
    ...['evaluation.questions=2', 'evaluation.samples=1', 'lora.rank=4', 'output=run'],
  ].flatMap((setting) => ['--set', setting]);
  await cppo(['train', ...settings, '--steps', '1'], { cwd: root });
}, 180_000);
afterAll(async () => {
  server.close();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  committed = new Map();
  stored = new Map();
  made = [];
  status = 200;
});

it('writes adapters with a card, and puts the same files on the hub', async () => {
  const parameters = [
    'export',
    '--run',
    'run',
    '--out',
    'adapter',
    '--adapters',
    '--push',
    name,
    '--private',
  ];
  const { code, stdout, stderr } = await cppo(parameters, { cwd: root, env });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toBe(`adapter: the adapters after step 1, float32\n${env.HF_ENDPOINT}/${name}\n`);
  const files = readdirSync(join(root, 'adapter'));
  expect(files).toEqual(
    expect.arrayContaining(['README.md', 'adapter_config.json', 'adapter_model.safetensors']),
  );
  expect([...committed.keys()].sort()).toEqual(files.sort());
  for (const [file, bytes] of committed) {
    expect([file, hash(bytes)]).toEqual([file, hash(readFileSync(join(root, 'adapter', file)))]);
  }
  expect(made).toMatchObject([{ name: 'tiny-trained', organization: 'someone', visibility: 'private' }]);
  const card = readFileSync(join(root, 'adapter', 'README.md'), 'utf8');
  expect(card).toContain('library_name: peft');
  expect(card).toMatch(/\| avg@1 \| [\d.]+ % \| [\d.]+ %/);
}, 60_000);

it('adds to a repository that is there, with a merged model', async () => {
  status = 409;
  const { code, stderr } = await cppo(['export', '--run', 'run', '--out', 'model', '--push', name], {
    cwd: root,
    env,
  });
  expect([code, stderr]).toEqual([0, '']);
  expect([...committed.keys()]).toEqual(expect.arrayContaining(['README.md', 'model.safetensors']));
  expect(committed.get('README.md')?.toString()).toContain('library_name: transformers');
}, 120_000);

it('takes the next checkpoint where the run removes the newest meanwhile', async () => {
  cpSync(join(root, 'run'), join(root, 'going'), { recursive: true });
  const checkpoints = join(root, 'going', 'checkpoints');
  const newest = join(checkpoints, 'step-000002');
  cpSync(join(checkpoints, 'step-000001'), newest, { recursive: true });
  const manifest = join(newest, 'checkpoint.json');
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), step: 2 }));
  // Removes it when the model is opened, after it was chosen.
  const removing = `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { resolve } from 'node:path';
    const { open } = fs.promises;
    fs.promises.open = async (path, ...rest) => {
      if (resolve(String(path)).startsWith(${JSON.stringify(newest)})) fs.rmSync(${JSON.stringify(newest)}, { recursive: true, force: true });
      return open(path, ...rest);
    };
    syncBuiltinESMExports();`;
  writeFileSync(join(root, 'removing.mjs'), removing);
  const { code, stdout, stderr } = await cppo(['export', '--run', 'going', '--out', 'from-going'], {
    cwd: root,
    env: { ...env, NODE_OPTIONS: `--import ${pathToFileURL(join(root, 'removing.mjs'))}` },
  });
  expect([code, stderr]).toEqual([
    0,
    `cppo: the run removed ${join('going', 'checkpoints', 'step-000002')} meanwhile; taking its newest checkpoint.\n`,
  ]);
  expect(stdout).toBe('from-going: the weights after step 1, bfloat16\n');
}, 60_000);

it.each([
  [['--push', 'no-owner'], '--push: found "no-owner", expected owner/name.', undefined],
  [['--push', name], `--push: found no HF_TOKEN, expected a token that may write to ${name}.`, ''],
  [['--push', name], '--push: found another word in HF_TOKEN, expected one that begins with hf_.', 'secret'],
  [['--private'], '--private: found without --push, expected it beside one.', undefined],
  [
    ['--adapters', '--dtype', 'bfloat16'],
    '--dtype: found beside --adapters, which are float32 as they were trained.',
    undefined,
  ],
])(
  'refuses %j before anything is written',
  async (more, sentence, token) => {
    const { code, stderr } = await cppo(['export', '--run', 'run', '--out', 'refused', ...more], {
      cwd: root,
      env: { ...env, ...(token === undefined ? {} : { HF_TOKEN: token }) },
    });
    expect([code, stderr]).toEqual([2, `cppo: ${sentence}\n`]);
    expect(readdirSync(root)).not.toContain('refused');
  },
  60_000,
);

it('says what the hub said, and that the directory is there', async () => {
  const parameters = ['export', '--run', 'run', '--out', 'kept', '--adapters', '--push', name];
  const { code, stderr } = await cppo(parameters, { cwd: root, env: { ...env, HF_TOKEN: 'hf_other' } });
  expect(code).toBe(2);
  expect(stderr).toContain(`cppo: --push: ${env.HF_ENDPOINT} answered 401 for ${name} (`);
  expect(stderr).toContain('; kept is written.');
  const nowhere = { ...env, HF_ENDPOINT: 'http://127.0.0.1:9' };
  const other = parameters.map((word) => (word === 'kept' ? 'kept-too' : word));
  const unreachable = await cppo(other, { cwd: root, env: nowhere });
  expect(unreachable.code).toBe(2);
  expect(unreachable.stderr).toContain('--push: http://127.0.0.1:9 cannot be reached');
}, 60_000);
