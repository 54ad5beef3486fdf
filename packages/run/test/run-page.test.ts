import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageHtml } from '../src/page/page-html.js';
import { readRun } from '../src/report/read-run.js';
import { type ServedRun, serveRun } from '../src/watch/serve.js';
import { barriersOf, chromiumPath, openPage } from './chromium.js';

const fixture = fileURLToPath(new URL('./__fixtures__/run', import.meta.url));

describe.skipIf(chromiumPath === undefined)('the page of a run, in Chromium', () => {
  let root: string;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cppo-page-'));
    writeFileSync(join(root, 'report.html'), pageHtml(readRun(fixture)));
    url = pathToFileURL(join(root, 'report.html')).href;
    browser = await chromium.launch({
      executablePath: chromiumPath!,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(root, { recursive: true });
  });

  const open = (address: string, options?: Parameters<typeof openPage>[2]) =>
    openPage(browser, address, options);

  const widths = [390, 820, 1440];
  it.each(
    (['light', 'dark'] as const).flatMap((colorScheme) => widths.map((width) => ({ width, colorScheme }))),
  )('fits $width px in $colorScheme, without a complaint', async (options) => {
    const { page, complaints } = await open(url, options);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      options.width,
    );
    await page.locator('details').evaluateAll((found) => {
      for (const each of found) (each as HTMLDetailsElement).open = true;
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      options.width,
    );
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([390, 820, 860, 1440])('is as long as what it shows, at %d px', async (width) => {
    const data = readRun(fixture);
    // As many groups as a long run has, so that their list scrolls.
    const groups = Array.from({ length: 300 }, (_, i) => ({ ...data.groups[0]!, step: i + 1 }));
    writeFileSync(join(root, 'long.html'), pageHtml({ ...data, groups }));
    const { page } = await open(pathToFileURL(join(root, 'long.html')).href, { width });
    const [height, end] = await page.evaluate(() => [
      document.documentElement.scrollHeight,
      document.querySelector('main')!.getBoundingClientRect().bottom + window.scrollY,
    ]);
    expect(height - end!).toBeLessThan(120);
    await page.close();
  });

  it('writes no number beyond the edge of its curve', async () => {
    const { page } = await open(url, { width: 390 });
    await page.locator('details.more summary').click();
    const cut = await page.evaluate(() =>
      Array.from(document.querySelectorAll('svg')).flatMap((drawing) => {
        const edge = drawing.getBoundingClientRect();
        return Array.from(drawing.querySelectorAll('text'))
          .filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < edge.left - 0.5 || box.right > edge.right + 0.5;
          })
          .map((text) => text.textContent);
      }),
    );
    expect(cut).toEqual([]);
    await page.close();
  });

  it.each([
    { width: 1440, colorScheme: 'light' },
    { width: 390, colorScheme: 'dark' },
  ] as const)('has no barrier that axe finds, at $width px in $colorScheme', async (options) => {
    const { page } = await open(url, options);
    expect(await barriersOf(page)).toEqual([]);
    await page.close();
  });

  it('runs nothing that a model or a data set says', async () => {
    const { page, complaints } = await open(url);
    await page.getByRole('option', { name: 'onerror' }).click();
    await expect.poll(() => page.locator('.group h3').textContent()).toContain('onerror="window.broken=1"');
    expect(await page.locator('.tokens').first().textContent()).toContain('</script><script>window.broken=1');
    expect(await page.evaluate(() => 'broken' in window)).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('answers to keys: curves, groups, tokens, choices', async () => {
    const { page } = await open(url);
    // One tab stop for all curves; the arrows read and move.
    const stops = page.locator('.charts').first().locator('[tabindex="0"]');
    await expect.poll(() => stops.count()).toBe(1);
    await stops.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowLeft');
    const focused = page.locator(':focus');
    await expect.poll(() => focused.getAttribute('aria-valuenow')).toBe('19');
    expect(await focused.getAttribute('aria-valuetext')).toMatch(
      /^step 19: [\d.]+ smoothed, [\d.]+ measured$/,
    );
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused.getAttribute('aria-label')).toBe('Accuracy');
    expect(await page.locator(':focus').evaluate((at) => getComputedStyle(at).outlineStyle)).toBe('solid');

    await page.getByRole('listbox', { name: 'Groups' }).locator('[tabindex="0"]').focus();
    await page.keyboard.press('End');
    await expect.poll(() => focused.textContent()).toMatch(/^step 1 · /);
    expect(await focused.getAttribute('aria-selected')).toBe('true');
    const shown = await page.locator('.group h3').textContent();
    await page.keyboard.press('Home');
    await expect.poll(() => page.locator('.group h3').textContent()).not.toBe(shown);

    const tokens = page.locator('.tokens').first();
    await tokens.locator('[tabindex="0"]').focus();
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => focused.getAttribute('aria-label'))
      .toMatch(/−log p −?[\d.]+(×10[⁻⁰-⁹¹²³]+)? nats$/);
    await expect.poll(() => page.locator('.tooltip').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.tooltip').count()).toBe(0);

    await page.getByRole('radio', { name: 'Advantage' }).focus();
    await page.keyboard.press('Space');
    await expect.poll(() => page.locator('.legend').textContent()).toContain('made likelier');
    await page.close();
  });

  it('filters by step, right and wrong', async () => {
    const { page } = await open(url);
    await page.getByRole('radio', { name: 'wrong' }).check({ force: true });
    await expect.poll(() => page.locator('.verdict.right').count()).toBe(0);
    expect(await page.locator('.verdict.wrong').count()).toBeGreaterThan(0);
    await page.getByRole('combobox', { name: 'Step' }).selectOption('15');
    const items = page.locator('.item .where');
    await expect
      .poll(async () => new Set((await items.allTextContents()).map((text) => text.split(' · ')[0])))
      .toEqual(new Set(['step 15']));
    await page.close();
  });

  it('hears of a step while it is served, and of the end', async () => {
    const run = join(root, 'run');
    cpSync(fixture, run, { recursive: true });
    let served: ServedRun | undefined = await serveRun(run, { port: 0, going: () => true });
    try {
      const { page, complaints } = await open(served.url);
      await expect.poll(() => page.locator('.status').textContent()).toBe('● live');
      await expect.poll(() => page.locator('.tile', { hasText: /^Steps/ }).textContent()).toContain('30');
      const rollouts = readFileSync(join(run, 'rollouts', 'step-000030.jsonl'), 'utf8');
      writeFileSync(
        join(run, 'rollouts', 'step-000031.jsonl'),
        rollouts.replaceAll('"step":30', '"step":31'),
      );
      appendFileSync(join(run, 'metrics.jsonl'), '{"step":31,"reward/mean":0.875}\n');
      served.refresh();
      await expect.poll(() => page.locator('.tile', { hasText: /^Steps/ }).textContent()).toContain('31');
      await expect.poll(() => page.locator('.item').first().textContent()).toContain('step 31');
      await served.end();
      served = undefined;
      await expect.poll(() => page.locator('.status').textContent()).toBe('■ ended');
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await served?.end();
    }
  });

  it('draws held-out figures as they come, and says why a run ended early', async () => {
    const run = join(root, 'held-out');
    cpSync(fixture, run, { recursive: true });
    const served = await serveRun(run, { port: 0, going: () => true });
    try {
      const { page, complaints } = await open(served.url, { width: 390 });
      const charts = page.locator('[aria-labelledby="held-out"] .plot');
      await expect.poll(() => page.locator('.status').textContent()).toBe('● live');
      expect(await charts.count()).toBe(0);
      mkdirSync(join(run, 'evaluations'));
      cpSync(join(run, 'evaluation-before.json'), join(run, 'evaluations', 'step-000020.json'));
      served.refresh();
      await expect.poll(() => charts.count()).toBe(4);
      cpSync(join(run, 'evaluation-after.json'), join(run, 'evaluations', 'step-000030.json'));
      const session = { started: '2026-11-29T10:00:00Z', ended: '2026-11-29T10:01:00Z', first: 0 };
      const reason = 'stopped early: no better in 3 evaluations';
      writeFileSync(
        join(run, 'sessions.json'),
        JSON.stringify([{ ...session, engine: 'wasm', version: '0.1.0', outcome: 'finished', reason }]),
      );
      served.refresh();
      await expect.poll(() => charts.first().getAttribute('aria-valuemax')).toBe('30');
      expect(await charts.first().getAttribute('aria-label')).toBe('Accuracy of an answer');
      expect(await charts.first().getAttribute('aria-valuemin')).toBe('0');
      const { value } = JSON.parse(readFileSync(join(run, 'evaluation-after.json'), 'utf8')).avg;
      expect(await charts.first().getAttribute('aria-valuetext')).toBe(`step 30: ${value.toPrecision(3)}`);
      await expect.poll(() => page.locator('.ending').textContent()).toContain(reason);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await served.end();
    }
  });
});
