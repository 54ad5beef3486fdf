// The built page trains. Needs a build (`npm run build`).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QwenEncoder } from '@cppo/policy-qwen';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idleShare, lateness, ownTasks } from './answering.js';
import { cppoTrain } from './cppo-train.js';
import { axe, barriers, chromiumPath, keep, launchOptions, openPage, startRun } from './open-page.js';
import { serveBuilt } from './serve.js';
import { unpack } from './unpack.js';

type Figures = Readonly<Record<string, number>>;

/** What the page's run did, once it is done. */
async function figuresOf(page: Page, steps: number): Promise<Figures[]> {
  await page.getByText(`Done: ${steps} steps.`).waitFor({ timeout: 120_000 });
  return linesOf(readFileSync((await keep(page, 'Figures')).file, 'utf8'));
}

/** Weights of a model by name. */
async function weightsOf(directory: string): Promise<Map<string, Float32Array>> {
  const { files } = await QwenEncoder.open(directory);
  const weights = new Map<string, Float32Array>();
  for await (const { name, data } of files.tensors()) weights.set(name, data);
  return weights;
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
    browser = await chromium.launch(launchOptions);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('makes the steps that cppo train makes with the same seed and engine', async () => {
    const { page, complaints, requests } = await openPage(browser, url);
    const sizes = { Steps: 3, 'Prompts a step': 4, 'Answers each': 4, 'Held-out questions': 0, Seed: 3 };
    await startRun(page, sizes);
    const directory = mkdtempSync(join(tmpdir(), 'cppo-playground-'));
    const output = join(directory, 'run');
    cppoTrain(output, [
      ...['steps=3', 'rollout.prompts=4', 'rollout.completions=4', 'seed=3', 'data.eval=none'],
    ]);
    const expected = linesOf(readFileSync(join(output, 'metrics.jsonl'), 'utf8'));
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
    // So is the model that it comes to: the same numbers of 16 bits, but where a sum was rounded the other way.
    await unpack((await keep(page, 'Model')).file, directory);
    const model = await weightsOf(join(directory, 'model'));
    const trained = await weightsOf(join(output, 'model'));
    rmSync(directory, { recursive: true });
    expect([...model.keys()].sort()).toEqual([...trained.keys()].sort());
    let [numbers, others] = [0, 0];
    for (const [name, values] of trained) {
      for (const [i, value] of values.entries()) {
        const here = model.get(name)?.[i] ?? Number.NaN;
        numbers++;
        if (here !== value) others++;
        expect(Math.abs(here - value), name).toBeLessThanOrEqual(2 ** -7 * Math.abs(value) + 1e-9);
      }
    }
    expect(others / numbers).toBeLessThan(0.001);
    expect(complaints).toEqual([]);
    expect(requests.filter((each) => !/^(data|blob):/.test(each) && !each.startsWith(url))).toEqual([]);
    await page.close();
  }, 240_000);

  it('pauses, goes on, and shows what it gained, of two runs', async () => {
    const { page } = await openPage(browser, url, { width: 1600 });
    await page.getByRole('button', { name: 'A second run beside it' }).click();
    const sizes = { Steps: 6, 'Prompts a step': 3, 'Answers each': 4, 'Held-out questions': 4 };
    await startRun(page, sizes, 'A');
    await startRun(page, { ...sizes, Steps: 1 }, 'B');
    const run = page.getByRole('article', { name: 'Run A' });
    await run.getByText(/^Step 1 of 6/).waitFor({ timeout: 120_000 });
    await run.getByRole('button', { name: 'Pause' }).click();
    await run.getByText(/^Paused after step/).waitFor({ timeout: 120_000 });
    await run.getByRole('button', { name: 'Go on' }).click();
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

  it('answers within 100 ms while two runs train', async () => {
    const idle = await idleShare();
    const { page } = await openPage(browser, url, { width: 1600 });
    await page.getByRole('button', { name: 'A second run beside it' }).click();
    const sizes = { Steps: 100, 'Prompts a step': 3, 'Answers each': 4, 'Held-out questions': 0 };
    for (const name of ['A', 'B']) await startRun(page, sizes, name);
    for (const name of ['A', 'B']) {
      const run = page.getByRole('article', { name: `Run ${name}` });
      await run.getByText(/^Step [3-9] of 100/).waitFor({ timeout: 120_000 });
    }
    // The page's own work, however long a busy machine keeps it waiting for a processor.
    const tasks = await ownTasks(browser, page, () => page.waitForTimeout(2500));
    expect(tasks.length).toBeGreaterThan(40);
    expect(tasks[0]).toBeLessThan(100);
    // What a reader feels can be told only where no other program wants the processors.
    if (idle > 0.8) expect(await lateness(page)).toBeLessThan(100);
    await page.close();
  }, 240_000);
});
