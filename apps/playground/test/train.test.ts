// The built page trains. Needs a build (`npm run build`).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriers, chromiumPath, openPage } from './open-page.js';
import { serveBuilt } from './serve.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const cli = fileURLToPath(new URL('../../trainer/dist/cli.js', import.meta.url));

type Figures = Readonly<Record<string, number>>;

/** Sets a run up that takes seconds, and starts it. */
async function start(page: Page, figures: Readonly<Record<string, number>>, name = 'A'): Promise<void> {
  const run = page.getByRole('article', { name: `Run ${name}` });
  for (const [label, value] of Object.entries(figures)) {
    await run.getByLabel(label, { exact: true }).fill(String(value));
  }
  await run.getByRole('button', { name: 'Train', exact: true }).click();
}

/** What the page's run did, once it is done. */
async function figuresOf(page: Page, steps: number): Promise<Figures[]> {
  await page.getByText(`Done: ${steps} steps.`).waitFor({ timeout: 120_000 });
  const href = await page.getByRole('link', { name: 'Figures' }).getAttribute('href');
  return linesOf(decodeURIComponent(href?.slice('data:application/jsonl,'.length) ?? ''));
}

const linesOf = (text: string): Figures[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe.skipIf(chromiumPath === undefined)('training in the page, in Chromium', () => {
  let browser: Browser;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    ({ url, server } = await serveBuilt(false));
    browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('makes the steps that cppo train makes with the same seed and engine', async () => {
    const { page, complaints, requests } = await openPage(browser, url);
    const sizes = { Steps: 3, 'Prompts a step': 4, 'Answers each': 4, 'Held-out questions': 0, Seed: 3 };
    await start(page, sizes);
    const directory = mkdtempSync(join(tmpdir(), 'cppo-playground-'));
    const settings = [
      ...['steps=3', 'rollout.prompts=4', 'rollout.completions=4', 'seed=3', 'data.eval=none'],
      ...['engine.prefer=wasm', 'engine.threads=1', `output=${join(directory, 'run')}`],
    ];
    const { stderr, status } = spawnSync(
      process.execPath,
      [cli, 'train', ...settings.flatMap((setting) => ['--set', setting])],
      { encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    const expected = linesOf(readFileSync(join(directory, 'run', 'metrics.jsonl'), 'utf8'));
    rmSync(directory, { recursive: true });
    const found = await figuresOf(page, 3);

    const compared = [
      ...['reward/mean', 'reward/accuracy', 'completion/length', 'loss/policy', 'loss/cppo'],
      ...['gradient/norm', 'cppo/tokens', 'cppo/shift', 'policy/entropy', 'groups/zeroVariance'],
    ];
    expect(expected).toHaveLength(3);
    for (const [i, step] of expected.entries()) {
      for (const name of compared) {
        expect(step[name], name).toBeTypeOf('number');
        expect(
          Math.abs((found[i]?.[name] ?? Number.NaN) - (step[name] ?? 0)),
          `${name}, step ${i + 1}`,
        ).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(step[name] ?? 0)));
      }
      expect(step['gradient/norm']).toBeGreaterThan(0);
    }
    expect(complaints).toEqual([]);
    expect(requests.filter((each) => !/^(data|blob):/.test(each) && !each.startsWith(url))).toEqual([]);
    await page.close();
  }, 240_000);

  it('answers within 100 ms while it trains, pauses, goes on, and shows what it gained', async () => {
    const { page } = await openPage(browser, url, { width: 1600 });
    await page.getByRole('button', { name: 'A second run beside it' }).click();
    const sizes = { Steps: 6, 'Prompts a step': 3, 'Answers each': 4, 'Held-out questions': 4 };
    await start(page, sizes, 'A');
    await start(page, { ...sizes, Steps: 1 }, 'B');
    const run = page.getByRole('article', { name: 'Run A' });
    await run.getByText(/^Step 1 of 6/).waitFor({ timeout: 120_000 });
    await run.getByRole('button', { name: 'Pause' }).click();
    await run.getByText(/^Paused after step/).waitFor({ timeout: 120_000 });
    await run.getByRole('button', { name: 'Go on' }).click();
    const lateness = await page.evaluate(async () => {
      const late: number[] = [];
      for (let i = 0; i < 40; i++) {
        const wanted = performance.now() + 50;
        await new Promise((resolve) => setTimeout(resolve, 50));
        late.push(performance.now() - wanted);
      }
      return late.sort((a, b) => a - b);
    });
    // The median: on a busy machine the page itself waits for a processor now and then.
    expect(lateness[Math.floor(lateness.length / 2)]).toBeLessThan(100);

    await run.getByText('Done: 6 steps.').waitFor({ timeout: 120_000 });
    expect(await run.getByRole('row', { name: /^avg@4 \d/ }).count()).toBe(1);
    expect(await run.getByText('All 18 groups.').count()).toBe(1);
    expect(await run.getByRole('option', { name: /step 6/ }).count()).toBeGreaterThan(0);
    await page
      .getByRole('article', { name: 'Run B' })
      .getByText('Done: 1 steps.')
      .waitFor({ timeout: 120_000 });
    expect(await barriers(page, axe)).toEqual([]);
    for (const width of [360, 800, 1600]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
    await page.close();
  }, 240_000);
});
