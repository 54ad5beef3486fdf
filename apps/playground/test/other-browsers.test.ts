// The built page in Firefox and WebKit, those of them that are on this machine. Needs a build.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type Browser, firefox } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, axe, barriers, keep, openPage, startRun } from './open-page.js';
import { serveBuilt } from './serve.js';
import { WebDriver } from './web-driver.js';

const found = (...paths: (string | undefined)[]) =>
  paths.find((path) => path !== undefined && existsSync(path));

const firefoxPath = found(
  process.env.FIREFOX_PATH,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
);

describe.skipIf(firefoxPath === undefined)('the playground, in Firefox', () => {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof serveBuilt>>;
  beforeAll(async () => {
    served = await serveBuilt(true);
    // Firefox as it is, over WebDriver BiDi.
    browser = await firefox.launch({ channel: 'moz-firefox', executablePath: firefoxPath ?? '' });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    served?.server.close();
  });

  it('answers, trains on threads and keeps the model', async () => {
    const { page, complaints, requests } = await openPage(browser, served.url);
    expect(await ask(page)).toMatch(/^<think>I see .*<\/think> \\boxed\{\d+\}$/);
    await startRun(page, { Steps: 1, 'Prompts a step': 2, 'Answers each': 4, 'Held-out questions': 2 });
    await page.getByText('Done: 1 steps.').waitFor({ timeout: 120_000 });
    expect((await keep(page, 'Model')).name).toBe('cppo-run-A.zip');
    expect(await barriers(page, axe)).toEqual([]);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(served.url))).toEqual([]);
    await page.close();
  }, 240_000);
});

const webKitDriver = found(process.env.WEBKIT_DRIVER_PATH, '/usr/bin/WebKitWebDriver');

describe.skipIf(webKitDriver === undefined)('the playground, in WebKit', () => {
  let driver: ChildProcess;
  let browser: WebDriver;
  let served: Awaited<ReturnType<typeof serveBuilt>>;
  beforeAll(async () => {
    served = await serveBuilt(true);
    const port = 20_000 + (process.pid % 10_000);
    driver = spawn(webKitDriver ?? '', [`--port=${port}`], { stdio: 'ignore' });
    browser = await WebDriver.start(`http://127.0.0.1:${port}`);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    driver?.kill();
    served?.server.close();
  });

  it('answers and trains', async () => {
    await browser.open(served.url);
    await browser.until(`return /WebAssembly with own kernels/.test(document.body.textContent)`);
    await browser.until(`return /The right answer is/.test(document.body.textContent)`);
    await browser.run(`document.querySelector('form.asking button[type=submit]').click()`);
    await browser.until(
      `return document.querySelector('[role=listbox][aria-label="Tokens of the answer"]') !== null`,
    );
    const answer = await browser.run(
      `return document.querySelector('[role=listbox][aria-label="Tokens of the answer"]').textContent`,
    );
    expect(answer).toMatch(/^<think>I see .*<\/think> \\boxed\{\d+\}$/);
    await browser.run(`
      const figures = { Steps: 1, 'Prompts a step': 2, 'Answers each': 4, 'Held-out questions': 0 };
      for (const label of document.querySelectorAll('.run .number')) {
        const value = figures[label.querySelector('span').textContent];
        if (value === undefined) continue;
        const input = label.querySelector('input');
        input.value = value;
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }`);
    await browser.run(`document.querySelector('.run button[type=submit]').click()`);
    await browser.until(`return /Done: 1 steps\\./.test(document.body.textContent)`);
  }, 240_000);
});
