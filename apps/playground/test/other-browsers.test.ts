// The built page in Firefox and WebKit, those of them that are on this machine. Needs a build.
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DrivenPage } from './driven-page.js';
import { FirefoxPage } from './firefox-page.js';
import { axe } from './open-page.js';
import { serveBuilt } from './serve.js';
import { WebKitPage } from './webkit-page.js';

const found = (...paths: (string | undefined)[]) =>
  paths.find((path) => path !== undefined && existsSync(path));

const firefox = found(
  process.env.FIREFOX_PATH,
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
);
const webKitDriver = found(process.env.WEBKIT_DRIVER_PATH, '/usr/bin/WebKitWebDriver');
const webKit = found(
  process.env.WEBKIT_PATH,
  '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
  '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
);
const hasScreen = process.env.DISPLAY !== undefined || existsSync('/usr/bin/Xvfb');

interface OtherBrowser {
  readonly name: string;
  readonly start: (() => Promise<DrivenPage>) | undefined;
  /** What the engine says of its threads. */
  readonly threads: RegExp;
}

const browsers: readonly OtherBrowser[] = [
  {
    name: 'Firefox',
    start: firefox === undefined ? undefined : () => FirefoxPage.start(firefox),
    threads: /WebAssembly with own kernels, [2-8] threads/,
  },
  {
    name: 'WebKit',
    // WebKitGTK has no memory that threads share.
    threads: /WebAssembly with own kernels, [1-8] threads?/,
    start:
      webKit === undefined || webKitDriver === undefined || !hasScreen
        ? undefined
        : () => WebKitPage.start(webKitDriver, webKit),
  },
];

const says = (text: RegExp) => `${text}.test(document.body.textContent)`;
const askButton = `document.querySelector('form.asking button[type=submit]')`;
const tokens = `document.querySelector('[role=listbox][aria-label="Tokens of the answer"]')`;

describe.each(browsers)('the playground, in $name', ({ start, threads }) => {
  let page: DrivenPage;
  let served: Awaited<ReturnType<typeof serveBuilt>>;
  beforeAll(async () => {
    if (start === undefined) return;
    served = await serveBuilt(true);
    page = await start();
  }, 120_000);
  afterAll(async () => {
    await page?.close();
    served?.server.close();
  }, 30_000);

  it.skipIf(start === undefined)(
    'answers as in Chromium, trains on threads, keeps the model and has no barrier',
    async () => {
      await page.open(served.url);
      await page.until(says(threads));
      await page.until(`!${askButton}.disabled`);
      await page.run(`${askButton}.click()`);
      await page.until(`${tokens} !== null`);
      expect(await page.run(`return ${tokens}.textContent`)).toMatch(
        /^<think>I see .*<\/think> \\boxed\{\d+\}$/,
      );

      await page.run(`
        const figures = { Steps: 1, 'Prompts a step': 2, 'Answers each': 4, 'Held-out questions': 2 };
        for (const label of document.querySelectorAll('.run .number')) {
          const value = figures[label.querySelector('span').textContent];
          if (value === undefined) continue;
          const input = label.querySelector('input');
          input.value = value;
          input.dispatchEvent(new Event('input', { bubbles: true }));
          // The page takes one figure after the other.
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        document.querySelector('.run button[type=submit]').click();`);
      await page.until(says(/Done: 1 steps\./));
      expect(await page.run(`return document.querySelectorAll('.run .item').length`)).toBe(2);

      // What would be downloaded: the browser asks its user where to.
      await page.run(`
        HTMLAnchorElement.prototype.click = function () { window.kept = this; };
        document.querySelector('.keep button').click();`);
      await page.until(`window.kept !== undefined`);
      expect(await page.run(`return window.kept.download`)).toBe('cppo-run-A.zip');

      expect(
        await page.run(`${axe};
          const { violations } = await window.axe.run();
          return violations.map(({ id, nodes }) => id + ': ' + nodes[0].html).join('\\n');`),
      ).toBe('');
    },
    240_000,
  );
});
