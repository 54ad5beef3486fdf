// Packages that load without Node, bundled as an application's own tools do it: for the browser, without externals.
// Needs a build (`npm run build`).
import { mkdtempSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { build as bundleWithEsbuild } from 'esbuild';
import { build as bundleWithVite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from './browser/page.js';
import { repository } from './pack.js';

const entry = fileURLToPath(new URL('./browser/page.ts', import.meta.url));
const model = join(repository, 'packages/policy-qwen/src/files/__fixtures__/nested-bf16');
const scratch = mkdtempSync(join(tmpdir(), 'cppo-bundles-'));
let server: Server;
let address: URL;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const content = await readFile(join(model, request.url as string)).catch(() => undefined);
    response.writeHead(content ? 200 : 404).end(request.method === 'HEAD' ? undefined : content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  server.close();
  await rm(scratch, { recursive: true, force: true });
});

const bundlers = {
  async esbuild(file: string) {
    await bundleWithEsbuild({
      entryPoints: [entry],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      outfile: file,
      logLevel: 'silent',
    });
  },
  async vite(file: string) {
    await bundleWithVite({
      configFile: false,
      root: scratch,
      logLevel: 'silent',
      build: {
        minify: false,
        emptyOutDir: false,
        outDir: scratch,
        lib: { entry, formats: ['iife'], name: 'bundle', fileName: () => file.slice(scratch.length + 1) },
      },
    });
  },
};

/** What a browser has and this bundle may use; nothing of Node. */
function browserContext() {
  const { Blob, File, URL, Request, Response, Headers, TextDecoder, TextEncoder, AbortSignal } = globalThis;
  const { fetch, performance, setTimeout, clearTimeout, console, structuredClone, atob, btoa } = globalThis;
  const names = { Blob, File, URL, Request, Response, Headers, TextDecoder, TextEncoder, AbortSignal };
  const functions = { fetch, performance, setTimeout, clearTimeout, console, structuredClone, atob, btoa };
  const scope: Record<string, unknown> = { ...names, ...functions };
  // By its document TensorFlow.js knows a browser.
  Object.assign(scope, { self: scope, window: scope, document: {}, navigator: { userAgent: 'test' } });
  return createContext(scope);
}

describe.each(Object.entries(bundlers))('bundled by %s', (name, bundle) => {
  let page: Page;
  beforeAll(async () => {
    const file = join(scratch, `${name}.js`);
    await bundle(file);
    page = runInContext(`${readFileSync(file, 'utf8')};\nglobalThis.page`, browserContext()) as Page;
  });

  test('the packages give what they export', () => {
    for (const [packageName, exported] of Object.entries(page.exported)) {
      expect([packageName, exported.length > 2]).toEqual([packageName, true]);
    }
  });

  test('a model is loaded from its address and from its files, and says the same', async () => {
    const fromAddress = await page.answer(address);
    expect(fromAddress).toHaveLength(4);
    for (const value of fromAddress) expect(value).toBeLessThan(0);
    const names = await readdir(model);
    const files = await Promise.all(
      names.map(async (each) => new File([await readFile(join(model, each))], each)),
    );
    expect(await page.answer(files)).toEqual(fromAddress);
  });

  test('a model is trained for a step', async () => {
    const metrics = await page.train(address);
    expect(metrics).toMatchObject({ step: 1, 'groups/drawn': 1, 'samples/leftOut': 0 });
    expect(metrics['gradient/norm']).toBeGreaterThan(0);
    expect(metrics['cppo/gated']).toBe(1);
  });

  test('a directory is refused in a sentence', async () => {
    await expect(page.answer('model')).rejects.toThrow('there is no disk outside of Node');
  });
});
