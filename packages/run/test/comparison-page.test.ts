import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComparisonPageData } from '../src/page/comparison-data.js';
import { pageHtml } from '../src/page/page-html.js';
import { findRuns } from '../src/report/find-runs.js';
import { readRun } from '../src/report/read-run.js';
import type { ServedRun } from '../src/watch/serve.js';
import { serveRuns } from '../src/watch/serve-runs.js';
import { barriersOf, chromiumPath, openPage } from './chromium.js';

const fixture = fileURLToPath(new URL('./__fixtures__/run', import.meta.url));
const { series, heldOut, status } = readRun(fixture);

/** Two arms of two seeds, and a third with one run that was stopped and says a good deal. */
function comparison(): ComparisonPageData {
  const run = (name: string, arm: number, seed: number, shift: number) => ({
    name,
    arm,
    seed,
    status,
    done: 30,
    steps: 30,
    tags: ['keep'],
    before: { value: 0.354 },
    after: { value: 0.55 + shift },
    heldOut,
    series: {
      ...series,
      columns: Object.fromEntries(
        Object.entries(series.columns).map(([figure, values]) => [
          figure,
          values.map((value) => (value === null ? null : value * (1 + shift))),
        ]),
      ),
    },
  });
  return {
    kind: 'comparison',
    title: 'runs',
    measure: 'avg@8',
    arms: [
      { name: 'grpo-tiny', result: { value: 0.55, low: 0.5, high: 0.6 } },
      {
        name: 'cppo-tiny',
        result: { value: 0.6, low: 0.55, high: 0.65 },
        difference: { value: 0.05, low: -0.01, high: 0.11, paired: 'questions' },
      },
      { name: 'a-name-as-long-as-people-make-them-when-they-tell-settings-apart-by-it_lr1e-5_lambda0.002' },
    ],
    runs: [
      run('grpo-tiny-seed1', 0, 1, 0),
      run('grpo-tiny-seed2', 0, 2, 0.03),
      run('cppo-tiny-seed1', 1, 1, 0.1),
      {
        ...run(
          'a-name-as-long-as-people-make-them-when-they-tell-settings-apart-by-it_lr1e-5_lambda0.002',
          2,
          1,
          0.2,
        ),
        status: { state: 'failed', reason: '</script><script>window.broken=1</script>' },
        note: '<img src=x onerror="window.broken=1">',
        series: { steps: [1, 2, 3], stride: 1, columns: { 'reward/mean': [0.1, null, 0.3] } },
      },
    ],
    settings: [
      { key: 'objective.type', values: ['grpo', 'cppo', 'cppo'] },
      { key: 'views', values: ['auto', 'auto', `{"removing":${'x'.repeat(200)}}`] },
    ],
    live: false,
  };
}

describe.skipIf(chromiumPath === undefined)('the page of several runs, in Chromium', () => {
  let root: string;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cppo-comparison-'));
    writeFileSync(join(root, 'compare.html'), pageHtml(comparison()));
    url = pathToFileURL(join(root, 'compare.html')).href;
    browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(root, { recursive: true });
  });

  it.each(
    (['light', 'dark'] as const).flatMap((colorScheme) =>
      [360, 820, 1600].map((width) => ({ width, colorScheme })),
    ),
  )('fits $width px in $colorScheme, without a barrier or a complaint', async (options) => {
    const { page, complaints } = await openPage(browser, url, options);
    await page.locator('details.more summary').click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      options.width,
    );
    expect(await barriersOf(page)).toEqual([]);
    expect(await page.evaluate(() => 'broken' in window)).toBe(false);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('draws a line a run, reads all of them at a step, and leaves out those that are not ticked', async () => {
    const { page } = await openPage(browser, url);
    const reward = page.locator('.chart', { hasText: 'Reward' }).first();
    expect(await reward.locator('path.line').count()).toBe(4);
    const plot = reward.locator('.plot');
    await plot.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => plot.getAttribute('aria-valuetext')).toMatch(/^step 1: grpo-tiny-seed1 0\.489, /);
    expect(await reward.locator('.readings li').count()).toBe(4);
    // Beyond the end of a run there is nothing to read.
    await page.keyboard.press('End');
    await expect.poll(() => plot.getAttribute('aria-valuetext')).toMatch(/^step 30: .* –$/);
    await page.getByRole('checkbox', { name: 'curves of grpo-tiny-seed2' }).uncheck();
    await expect.poll(() => reward.locator('path.line').count()).toBe(3);
    await page.close();
  });

  it('hears of a step and of a run that begins while it is served, and leads to the page of each', async () => {
    const folder = join(root, 'runs');
    mkdirSync(folder);
    cpSync(fixture, join(folder, 'first run'), { recursive: true });
    const [example] = comparison().runs;
    let served: ServedRun | undefined = await serveRuns({
      port: 0,
      find: () => findRuns(folder),
      compare: (runs, pageOf) => ({
        ...comparison(),
        runs: runs.flatMap((run) => {
          const { series } = readRun(run);
          const done = series.steps.at(-1) ?? 0;
          return example ? [{ ...example, name: basename(run), series, done, page: pageOf(run) }] : [];
        }),
      }),
    });
    try {
      const { page, complaints } = await openPage(browser, served.url);
      await expect.poll(() => page.locator('.status').textContent()).toBe('● live');
      expect(await page.locator('.compared li').count()).toBe(1);
      appendFileSync(join(folder, 'first run', 'metrics.jsonl'), '{"step":31,"reward/mean":0.875}\n');
      served.refresh();
      await expect.poll(() => page.locator('.compared').textContent()).toContain('31 of 30 steps');
      cpSync(fixture, join(folder, 'second'), { recursive: true });
      served.refresh();
      await expect.poll(() => page.locator('.compared li').count()).toBe(2);
      await page.getByRole('link', { name: 'first run' }).click();
      await expect.poll(() => page.locator('h1').textContent()).toBe('first run');
      await expect.poll(() => page.locator('.status').textContent()).toBe('■ ended');
      await page.goBack();
      await expect.poll(() => page.locator('.status').textContent()).toBe('● live');
      const elsewhere = new URL(`run/${encodeURIComponent(tmpdir())}/`, served.url);
      expect((await fetch(elsewhere)).status).toBe(404);
      await served.end();
      served = undefined;
      await expect.poll(() => page.locator('.status').textContent()).toBe('■ ended');
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await served?.end();
    }
  });
});

it('shows what it says without its program, and nothing that could run', () => {
  const html = pageHtml(comparison());
  const body = html.slice(html.indexOf('<body>'), html.indexOf('<script'));
  for (const text of [
    'grpo-tiny-seed2',
    '60.0 %',
    '+5.0',
    '−1.0 to +11.0',
    'objective.type',
    '&lt;img src=x',
  ]) {
    expect(body).toContain(text);
  }
  expect(html.match(/<script>/g)).toHaveLength(1);
});
