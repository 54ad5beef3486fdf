// What the page says where a browser lacks what it needs: each is taken away from a real one. Needs a build.
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchOptions } from './open-page.js';
import { serveBuilt } from './serve.js';

describe.skipIf(chromiumPath === undefined)('a browser that lacks something, in Chromium', () => {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof serveBuilt>>;
  beforeAll(async () => {
    served = await serveBuilt(false);
    browser = await chromium.launch(launchOptions);
  });
  afterAll(async () => {
    await browser?.close();
    served?.server.close();
  });

  it.each([
    ['SIMD', 'WebAssembly.validate = () => false', /WebAssembly has no SIMD here; expected Chrome 91/],
    ['WebAssembly', 'delete globalThis.WebAssembly', /This browser has no WebAssembly/],
    ['workers', 'delete globalThis.Worker', /This browser has no workers/],
    ['OffscreenCanvas', 'delete globalThis.OffscreenCanvas', /no OffscreenCanvas/],
    ['unpacking', 'delete globalThis.DecompressionStream', /no DecompressionStream/],
  ])('is told that there is no %s, and shown nothing that would fail', async (_, without, message) => {
    const page = await browser.newPage();
    await page.addInitScript(without);
    await page.goto(served.url);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toMatch(message);
    expect(await page.getByRole('button').count()).toBe(0);
    await page.close();
  });

  it('computes on one thread where the page is isolated and threads share no memory', async () => {
    const isolated = await serveBuilt(true);
    const page = await browser.newPage();
    await page.route(/worker-[\w-]+\.js$/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: `delete self.SharedArrayBuffer;${await answer.text()}` });
    });
    await page.goto(isolated.url);
    await page.getByText(/^WebAssembly with own kernels, 1 thread/).waitFor({ timeout: 30_000 });
    await page.close();
    isolated.server.close();
  }, 60_000);

  it('is told that there is no memory to compute in', async () => {
    const page = await browser.newPage();
    await page.route(/worker-[\w-]+\.js$/, async (route) => {
      const answer = await route.fetch();
      const refusal =
        'WebAssembly.Memory = function () { throw new RangeError("could not allocate memory"); };';
      await route.fulfill({ response: answer, body: `${refusal}${await answer.text()}` });
    });
    await page.goto(served.url);
    await page.getByText(/^The browser gives this page no memory to compute in/).waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await page
      .getByRole('article', { name: 'Run A' })
      .getByRole('alert')
      .getByText(/no memory to compute in/)
      .waitFor({ timeout: 30_000 });
    await page.close();
  }, 60_000);
});
