// Pictures of the reader's own: drawn, dropped, pasted and opened, by real input. Needs a build.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launchOptions, openPage } from './open-page.js';
import { serveBuilt } from './serve.js';

/** 2 × 1 pixels: red, blue. */
const redAndBlue = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAADUlEQVR4nGP4zwAE/wEHAAH/4iOeWQAAAABJRU5ErkJggg==',
  'base64',
);

/** Colour of a point of the picture; shares of its sides. */
const colourAt = (page: Page, x: number, y: number) =>
  page.locator('canvas.pad').evaluate(
    (canvas: HTMLCanvasElement, [left, top]) => {
      const at = (share: number, side: number) => Math.min(side - 1, Math.floor(share * side));
      const context = canvas.getContext('2d');
      const place = [at(left, canvas.width), at(top, canvas.height)] as const;
      return [...(context?.getImageData(...place, 1, 1).data.slice(0, 3) ?? [])];
    },
    [x, y] as const,
  );

const isOwn = async (page: Page) => (await page.getByText(/^The right answer is/).count()) === 0;

describe.skipIf(chromiumPath === undefined)('a picture of one’s own, in Chromium', () => {
  let browser: Browser;
  let served: Awaited<ReturnType<typeof serveBuilt>>;
  let folder: string;
  beforeAll(async () => {
    served = await serveBuilt(false);
    browser = await chromium.launch(launchOptions);
    folder = mkdtempSync(join(tmpdir(), 'cppo-pictures-'));
    writeFileSync(join(folder, 'picture.png'), redAndBlue);
    writeFileSync(join(folder, 'words.txt'), 'no picture');
  });
  afterAll(async () => {
    await browser?.close();
    served?.server.close();
    rmSync(folder, { recursive: true });
  });

  const open = async () => {
    const { page } = await openPage(browser, served.url);
    await page.getByText(/^The right answer is/).waitFor({ timeout: 60_000 });
    const box = await page.locator('canvas.pad').boundingBox();
    if (box === null) throw new Error('There is no picture on the page.');
    const at = (x: number, y: number) => ({ x: box.x + x * box.width, y: box.y + y * box.height });
    return { page, at };
  };

  it('is drawn on with a mouse, and the answer is of what was drawn', async () => {
    const { page, at } = await open();
    await page.getByRole('button', { name: 'Blank' }).click();
    await page.getByLabel('Pen').selectOption('red');
    const [from, to] = [at(0.2, 0.5), at(0.8, 0.5)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await page.mouse.up();
    expect(await colourAt(page, 0.5, 0.5)).toEqual([214, 39, 40]);
    expect(await colourAt(page, 0.5, 0.3)).toEqual([255, 255, 255]);
    expect(await isOwn(page)).toBe(true);
    // No button is held: nothing is drawn.
    await page.mouse.move(at(0.5, 0.2).x, at(0.5, 0.2).y, { steps: 4 });
    expect(await colourAt(page, 0.5, 0.3)).toEqual([255, 255, 255]);

    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByAltText('original').waitFor({ timeout: 60_000 });
    const red = await page.getByAltText('original').evaluate((image: HTMLImageElement) => {
      const context = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d');
      context?.drawImage(image, 0, 0);
      const { data } = context?.getImageData(image.naturalWidth / 2, image.naturalHeight / 2, 1, 1) ?? {};
      return [...(data?.slice(0, 3) ?? [])];
    });
    expect(red).toEqual([214, 39, 40]);
    await page.close();
  }, 120_000);

  it('is drawn on with a finger, without the page moving', async () => {
    const { page, at } = await open();
    const developer = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: { x: number; y: number }[]) =>
      developer.send('Input.dispatchTouchEvent', { type, touchPoints: points });
    await page.getByRole('button', { name: 'Blank' }).click();
    await touch('touchStart', [at(0.5, 0.2)]);
    for (const y of [0.4, 0.6, 0.8]) await touch('touchMove', [at(0.5, y)]);
    await touch('touchEnd', []);
    expect(await colourAt(page, 0.5, 0.5)).toEqual([17, 17, 17]);
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await page.close();
  }, 120_000);

  it('is dropped on the page, and what is no picture is refused', async () => {
    const { page, at } = await open();
    const developer = await page.context().newCDPSession(page);
    const drop = async (file: string, place = at(0.5, 0.5)) => {
      const data = { items: [], files: [join(folder, file)], dragOperationsMask: 1 };
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
        await developer.send('Input.dispatchDragEvent', { type, ...place, data });
      }
    };
    await drop('words.txt');
    await page.getByText('This file is no picture that the browser can read.').waitFor();
    expect(await isOwn(page)).toBe(false);

    await drop('picture.png');
    await expect.poll(() => isOwn(page)).toBe(true);
    const [left, right] = [await colourAt(page, 0, 0.5), await colourAt(page, 1, 0.5)];
    expect(left[0]).toBeGreaterThan(200);
    expect(right[2]).toBeGreaterThan(200);

    // Beside the picture it does not take the reader away.
    await drop('words.txt', { x: 5, y: 5 });
    expect(page.url()).toBe(served.url);
    await page.close();
  }, 120_000);

  it('is pasted', async () => {
    const { page } = await open();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      await navigator.clipboard.write([
        new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) }),
      ]);
    }, redAndBlue.toString('base64'));
    await page.keyboard.press('Control+V');
    await expect.poll(() => isOwn(page)).toBe(true);
    expect((await colourAt(page, 0, 0.5))[0]).toBeGreaterThan(200);
    await page.close();
  }, 120_000);
});
