import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const browser = [
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

const backend = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
const binaries = join(dirname(backend), '..', 'wasm-out');

it.skipIf(browser === undefined)(
  'the kernels compute in headless Chromium what they do in Node',
  async () => {
    const bundle = await build({
      entryPoints: [fileURLToPath(new URL('./__fixtures__/browser-page.ts', import.meta.url))],
      ...{ bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' },
    });
    const script = bundle.outputFiles[0]?.text;
    let report = (_: string) => {};
    const received = new Promise<string>((resolve) => {
      report = resolve;
    });
    const server = createServer(async (request, response) => {
      const name = request.url as string;
      if (request.method === 'POST') {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        response.end();
        report(Buffer.concat(parts).toString());
      } else if (name.endsWith('.wasm')) {
        response.setHeader('content-type', 'application/wasm');
        response.end(await readFile(join(binaries, name)));
      } else if (name === '/page.js') {
        response.setHeader('content-type', 'text/javascript');
        response.end(script);
      } else {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><script type="module" src="/page.js"></script>');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const profile = await mkdtemp(join(tmpdir(), 'browser-'));
    const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`];
    const chromium = spawn(browser as string, [...flags, url], { stdio: 'ignore' });
    try {
      const result = JSON.parse(await received);
      expect(result.error).toBeUndefined();
      expect(result.agent).toContain('Chrome');
      expect(result.others).toEqual([]);
      expect(result.passed).toBeGreaterThan(700);
    } finally {
      const closed = new Promise((resolve) => chromium.on('exit', resolve));
      chromium.kill('SIGKILL');
      await closed;
      server.close();
      server.closeAllConnections();
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  },
  180_000,
);
