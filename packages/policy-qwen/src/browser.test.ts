import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { expect, test } from 'vitest';
import { fixture } from './__fixtures__/models.js';

const model = fileURLToPath(new URL('./files/__fixtures__/nested-bf16', import.meta.url));

const browser = [
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

test.skipIf(browser === undefined)(
  'runs in headless Chromium and scores as transformers does',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'browser-'));
    await build({
      config: false,
      silent: true,
      entry: { page: fileURLToPath(new URL('./__fixtures__/browser-page.ts', import.meta.url)) },
      outDir: directory,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      noExternal: [/.*/],
      splitting: true,
    });
    const script = (await readdir(directory)).find((name) => /^page\.m?js$/.test(name)) as string;
    let report = (_: string) => {};
    const received = new Promise<string>((resolve) => {
      report = resolve;
    });
    const server = createServer(async (request, response) => {
      if (request.method === 'POST') {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        response.end();
        report(Buffer.concat(parts).toString());
      } else if (request.url?.startsWith('/model/')) {
        const content = await readFile(join(model, request.url.slice('/model/'.length))).catch(
          () => undefined,
        );
        response.writeHead(content ? 200 : 404).end(request.method === 'HEAD' ? undefined : content);
      } else if (request.url === '/') {
        response.setHeader('content-type', 'text/html');
        response.end(`<!doctype html><script type="module" src="/${script}"></script>`);
      } else {
        response.setHeader('content-type', 'text/javascript');
        response.end(await readFile(join(directory, (request.url as string).slice(1))).catch(() => ''));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const profile = join(directory, 'profile');
    const flags = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${profile}`,
      '--remote-debugging-port=0',
    ];
    const chromium = spawn(browser as string, [...flags, url], { stdio: 'ignore' });
    try {
      const result = JSON.parse(await received);
      expect(result.error).toBeUndefined();
      expect(result.agent).toContain('Chrome');
      expect(result.sampled).toBeGreaterThan(0);
      const { model: words, added_tokens: added } = JSON.parse(
        await readFile(join(model, 'tokenizer.json'), 'utf8'),
      );
      expect(result.loaded).toBe(Object.keys(words.vocab).length + added.length);
      const expected = fixture('tied').prompts[1]?.logProbs as number[];
      expect(result.logProbs.length).toBe(expected.length);
      expected.forEach((value, t) => {
        expect(Math.abs(result.logProbs[t] - value)).toBeLessThan(1e-4);
      });
    } finally {
      const closed = new Promise((resolve) => chromium.on('exit', resolve));
      chromium.kill('SIGKILL');
      await closed;
      server.close();
      server.closeAllConnections();
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  },
  180_000,
);
