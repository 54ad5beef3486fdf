import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companionCopies } from './companion-copies.js';
import { openSource } from './open-source.js';
import { readModelDirectory } from './read-model-directory.js';
import { writeModelDirectory } from './write-model-directory.js';

const fixtures = fileURLToPath(new URL('./__fixtures__/', import.meta.url));
let root: string;
let model: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cppo-source-'));
  model = join(root, 'model');
  await cp(join(fixtures, 'nested-bf16'), model, { recursive: true });
});
afterAll(() => rm(root, { recursive: true }));

const notices: string[] = [];
const open = (source: Parameters<typeof openSource>[0], adapter?: string) => {
  notices.length = 0;
  return openSource(source, {
    onNotice: (sentence) => notices.push(sentence),
    ...(adapter === undefined ? {} : { adapter }),
  });
};

/** An adapter of `model`, with further files beside it. */
async function adapterFolder(name: string, further: Record<string, string> = {}, change: object = {}) {
  const folder = join(root, name);
  await cp(join(fixtures, 'adapter'), folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;
  const changed = JSON.stringify({ ...config, base_model_name_or_path: model, ...change });
  await writeFile(join(folder, 'adapter_config.json'), changed);
  for (const [file, content] of Object.entries(further)) await writeFile(join(folder, file), content);
  return folder;
}

const tokenizerOf = async (change: object, config: object = {}) => {
  const json = JSON.parse(await readFile(join(model, 'tokenizer.json'), 'utf8')) as object;
  const settings = JSON.parse(await readFile(join(model, 'tokenizer_config.json'), 'utf8')) as object;
  return {
    'tokenizer.json': JSON.stringify({ ...json, ...change }),
    'tokenizer_config.json': JSON.stringify({ ...settings, ...config }),
  };
};

describe('openSource', () => {
  it('opens a model, by its path and its file address', async () => {
    for (const source of [model, pathToFileURL(model)]) {
      const opened = await open(source);
      expect(opened.adapter).toBeUndefined();
      expect(opened).toMatchObject({ adapted: false, baseModel: String(source) });
      expect(opened.files.directory).toBe(model);
    }
    expect(notices).toEqual([]);
  });

  it('takes a folder with an adapter, config.json and tokenizer for the adapter of the model that it names', async () => {
    const folder = await adapterFolder('with-config', {
      'config.json': '{"model_type": "qwen2_5_vl"}',
      ...(await tokenizerOf({ marked: true })),
    });
    const { files, adapter, baseModel, adapted } = await open(folder);
    expect([files.directory, adapter?.directory, baseModel, adapted]).toEqual([model, folder, model, true]);
    expect(files.tokenizerJson.marked).toBe(true);
  });

  it('puts the adapter on the model that lies in the same folder, and says so', async () => {
    const folder = await adapterFolder('both', {}, { base_model_name_or_path: join(root, 'gone') });
    await cp(model, folder, { recursive: true });
    const { files, adapter, baseModel } = await open(folder);
    expect([files.directory, adapter?.rank, baseModel]).toEqual([folder, 2, folder]);
    expect(notices).toEqual([
      expect.stringMatching(/both holds the weights of a model and an adapter: the adapter is put/),
    ]);
  });

  it('says which base model of an adapter is gone', async () => {
    const gone = join(root, 'gone');
    const folder = await adapterFolder('orphan', {}, { base_model_name_or_path: gone });
    await expect(open(folder)).rejects.toThrow(
      `the adapter ${folder} belongs on "${gone}" ("base_model_name_or_path" in adapter_config.json), which cannot be opened`,
    );
    const nameless = await adapterFolder('nameless', {}, { base_model_name_or_path: null });
    await expect(open(nameless)).rejects.toThrow('does not name the model that it belongs on');
    const stacked = await adapterFolder('stacked', {}, { base_model_name_or_path: folder });
    await expect(open(stacked)).rejects.toThrow('which is an adapter itself');
  });

  it('takes the notes of what was trained last, which choose no tokenizer', async () => {
    const notes = (template: string) => ({ 'cppo.json': JSON.stringify({ template }) });
    const begun = await adapterFolder('begun', { ...notes('begun'), ...(await tokenizerOf({ own: true })) });
    const went = await adapterFolder('went-on', notes('went on'));
    const silent = await adapterFolder('silent');
    expect((await open(begun)).files.notes).toEqual({ template: 'begun' });
    const { files } = await open(begun, went);
    expect(files.notes).toEqual({ template: 'went on' });
    expect(files.tokenizerJson.own).toBe(true);
    expect((await open(begun, silent)).files.notes).toEqual({ template: 'begun' });

    const trained = join(root, 'trained');
    await cp(model, trained, { recursive: true });
    await writeFile(join(trained, 'cppo.json'), JSON.stringify({ template: 'base' }));
    const onTrained = await open(trained, silent);
    expect(onTrained.files.notes).toEqual({ template: 'base' });
    const own = await open(trained, went);
    expect(own.files.notes).toEqual({ template: 'went on' });
    // Notes alone mix no files: nothing is added to those of the model.
    expect((await companionCopies(own.files))?.files).toEqual({});
  });

  it('takes an adapter that is given in the place of its own', async () => {
    const own = await adapterFolder('own', await tokenizerOf({ marked: true }));
    const other = await adapterFolder('other');
    const { files, adapter } = await open(own, other);
    expect(adapter?.directory).toBe(other);
    expect(files.tokenizerJson.marked).toBe(true);
  });

  it("takes tokenizer, template, processor and generation settings of the adapter's folder, and saves those", async () => {
    const processor = JSON.parse(await readFile(join(model, 'processor_config.json'), 'utf8')) as {
      image_processor: object;
    };
    const cases: [Record<string, string>, object][] = [
      [
        await tokenizerOf({ marked: 1 }, { chat_template: 'of the tokenizer' }),
        { template: 'of the tokenizer', marked: 1 },
      ],
      [await tokenizerOf({ marked: 2 }), { template: 'of the model', marked: 2 }],
      [{ 'chat_template.jinja': 'of the adapter' }, { template: 'of the adapter', marked: undefined }],
      [{ 'generation_config.json': '{"eos_token_id": 3}' }, { template: 'of the model', end: 3 }],
      [
        { 'preprocessor_config.json': JSON.stringify({ ...processor.image_processor, patch_size: 7 }) },
        { template: 'of the model', patch: 7 },
      ],
    ];
    const base = join(root, 'base');
    await cp(model, base, { recursive: true });
    await writeFile(join(base, 'chat_template.jinja'), 'of the model');
    for (const [index, [further, expected]] of cases.entries()) {
      const folder = await adapterFolder(`own-${index}`, further, { base_model_name_or_path: base });
      const { files } = await open(folder);
      const saved = join(root, `saved-${index}`);
      const copies = await companionCopies(files);
      await writeModelDirectory(saved, {
        config: files.config,
        dtype: 'float32',
        tensors: [{ name: 'x', shape: [1], data: new Float32Array(1) }],
        ...copies,
      });
      for (const read of [files, await readModelDirectory(saved)]) {
        const found = {
          template: read.chatTemplate,
          marked: read.tokenizerJson.marked,
          end: read.generationConfig.eos_token_id,
          patch: read.preprocessorConfig.patch_size,
        };
        expect([index, found]).toMatchObject([index, expected]);
      }
    }
  });

  it("keeps the model's template when only its tokenizer_config.json has one and the adapter brings a tokenizer", async () => {
    const base = join(root, 'template-inside');
    await cp(model, base, { recursive: true });
    await rm(join(base, 'chat_template.jinja'));
    const config = JSON.parse(await readFile(join(base, 'tokenizer_config.json'), 'utf8')) as object;
    const inside = JSON.stringify({ ...config, chat_template: 'inside' });
    await writeFile(join(base, 'tokenizer_config.json'), inside);
    const folder = await adapterFolder('brings-tokenizer', await tokenizerOf({}), {
      base_model_name_or_path: base,
    });
    const { files } = await open(folder);
    expect(files.chatTemplate).toBe('inside');
    expect((await companionCopies(files))?.files).toEqual({ 'chat_template.jinja': 'inside' });
  });
});

describe('openSource without a disk', () => {
  /** Serves `root`; with or without ranges, and with a page in place of what is not there. */
  function serve({ ranges, page }: { ranges: boolean; page: boolean }): Promise<Server> {
    const server = createServer(async (request, response) => {
      const file = join(root, new URL(request.url as string, 'http://x').pathname);
      const content = await readFile(file).catch(() => undefined);
      if (content === undefined) {
        response.writeHead(page ? 200 : 404, { 'content-type': 'text/html' }).end('<!doctype html>');
        return;
      }
      const match = ranges ? /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') : null;
      const part = match ? content.subarray(Number(match[1]), Number(match[2]) + 1) : content;
      response.writeHead(match ? 206 : 200, {
        'content-type': 'application/octet-stream',
        'content-length': part.length,
      });
      response.end(request.method === 'HEAD' ? undefined : part);
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
  }

  const contents = async (source: Parameters<typeof openSource>[0]) => {
    const { files } = await open(source);
    const tensors: unknown[] = [];
    for await (const { name, data } of files.tensors())
      tensors.push([name, [...data.slice(0, 3)], data.length]);
    return { tensors, template: files.chatTemplate, preprocessor: files.preprocessorConfig };
  };

  it.each([
    { ranges: true, page: false },
    { ranges: false, page: true },
  ])('reads from an address as from disk: %j', async (kind) => {
    const server = await serve(kind);
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model`;
      const expected = await contents(model);
      expect(await contents(address)).toEqual(expected);
      expect(await contents(new URL(`${address}/`))).toEqual(expected);
      await expect(open(`${address}-none`)).rejects.toThrow(`${address}-none/ has no config.json`);
      expect((await open(address)).baseModel).toBe(address);
    } finally {
      server.close();
    }
  });

  it('says when an address cannot be reached', async () => {
    await expect(open('http://127.0.0.1:9/model')).rejects.toThrow(
      /^QwenPolicy.load: http:.* cannot be fetched/,
    );
  });

  it('reads files that are handed over', async () => {
    const names = await readdir(model);
    const files = await Promise.all(
      names.map(async (name) => new File([await readFile(join(model, name))], name)),
    );
    const expected = await contents(model);
    expect(await contents(files)).toEqual(expected);
    expect(await contents(Object.fromEntries(files.map((file) => [`folder/${file.name}`, file])))).toEqual(
      expected,
    );
    expect(await companionCopies((await open(files)).files)).toBeUndefined();
    await expect(open([...files, files[0] as File])).rejects.toThrow('two files are called');
    await expect(open({ 'config.json': 'x' } as never)).rejects.toThrow('config.json is no File or Blob');
  });

  it('reads text files with a byte order mark', async () => {
    const folder = join(root, 'marked');
    await cp(model, folder, { recursive: true });
    const { files } = await open(folder);
    for (const name of ['config.json', 'tokenizer.json']) {
      const text = await readFile(join(folder, name), 'utf8');
      await writeFile(join(folder, name), `\uFEFF${text.replaceAll('\n', '\r\n')}`);
    }
    expect((await open(folder)).files.config).toEqual(files.config);
  });

  it('says what is a pointer of Git LFS', async () => {
    const folder = join(root, 'pointers');
    await mkdir(folder);
    await cp(model, folder, { recursive: true });
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n';
    await writeFile(join(folder, 'tokenizer.json'), pointer);
    await expect(open(folder)).rejects.toThrow(/tokenizer.json is a pointer of Git LFS/);
    await cp(join(model, 'tokenizer.json'), join(folder, 'tokenizer.json'));
    await writeFile(join(folder, 'chat_template.jinja'), pointer);
    await expect(open(folder)).rejects.toThrow(/chat_template.jinja is a pointer of Git LFS/);
    await rm(join(folder, 'chat_template.jinja'));
    await writeFile(join(folder, 'model-00001-of-00002.safetensors'), pointer);
    await expect(open(folder)).rejects.toThrow(/model-00001-of-00002.safetensors is a pointer of Git LFS/);
  });
});
