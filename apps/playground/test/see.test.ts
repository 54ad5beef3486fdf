// The built page as a static file server has it. Needs a build (`npm run build`).
import type { Server } from 'node:http';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, axe, barriers, chromiumPath, launchOptions, openPage } from './open-page.js';
import { serveBuilt } from './serve.js';

describe.skipIf(chromiumPath === undefined)('the playground, in Chromium', () => {
  let browser: Browser;
  const servers: Server[] = [];
  let plain: string;
  let isolated: string;
  beforeAll(async () => {
    for (const each of [false, true]) {
      const { url, server } = await serveBuilt(each);
      servers.push(server);
      if (each) isolated = url;
      else plain = url;
    }
    browser = await chromium.launch(launchOptions);
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close();
  });

  it('answers from any path of a plain file server, and no request leaves the page', async () => {
    const { page, complaints, requests } = await openPage(browser, plain);
    expect(await ask(page)).toMatch(/^<think>I see .*<\/think> \\boxed\{\d+\}$/);
    expect(await page.locator('.pictures img').count()).toBe(3);
    expect(await page.getByText(/kernels, 1 thread/).count()).toBe(1);
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(plain))).toEqual([]);
    // Whatever a script of the page tries: its own policy forbids it.
    const tried = await page.evaluate(() => fetch('http://127.0.0.1:9/').catch(() => 'refused'));
    expect(tried).toBe('refused');
    expect(complaints.filter((text) => !text.includes('127.0.0.1:9'))).toEqual([]);
    expect(complaints.some((text) => text.includes('Content Security Policy'))).toBe(true);
    await page.close();
  }, 120_000);

  it('computes with threads where it is isolated, and answers the same', async () => {
    const answers: string[] = [];
    for (const url of [plain, isolated]) {
      const { page } = await openPage(browser, url);
      answers.push(await ask(page));
      if (url === isolated && (await page.evaluate(() => navigator.hardwareConcurrency)) > 1) {
        expect(await page.getByText(/kernels, [2-8] threads/).count()).toBe(1);
      }
      await page.close();
    }
    expect(answers[0]).toBe(answers[1]);
  }, 120_000);

  it('moves views and mask, by keyboard', async () => {
    const { page } = await openPage(browser, isolated);
    await ask(page);
    const removing = page.getByAltText('removing view');
    const before = await removing.getAttribute('src');
    await page.getByRole('slider', { name: /rectangles/ }).press('End');
    await expect.poll(() => removing.getAttribute('src'), { timeout: 20_000 }).not.toBe(before);

    const taken = page.getByRole('option', { selected: true });
    const share = page.getByRole('slider', { name: /ρ/ });
    await share.press('Home');
    const few = await taken.count();
    await share.press('End');
    expect(await taken.count()).toBeGreaterThan(few);
    await page.close();
  }, 120_000);

  it.each([
    { width: 360, colorScheme: 'dark' },
    { width: 800, colorScheme: 'light' },
    { width: 1600, colorScheme: 'dark' },
    { width: 1600, colorScheme: 'light' },
  ] as const)(
    'fits $width px in $colorScheme, and axe finds no barrier',
    async (options) => {
      const { page } = await openPage(browser, isolated, options);
      await ask(page);
      await page.getByText('All figures').click();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
        options.width,
      );
      expect(await barriers(page, axe)).toEqual([]);
      await page.close();
    },
    120_000,
  );
});
