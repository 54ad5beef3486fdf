import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';

/** Where Chromium is on this machine, if it is. */
export const chromiumPath = [
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => path !== undefined && existsSync(path));

/** The program of axe. */
export const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launchOptions = {
  executablePath: chromiumPath ?? '',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
};

export interface OpenOptions {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** The page, with what it complains of and all that it asks for. */
export async function openPage(browser: Browser, url: string, options: OpenOptions = {}) {
  const { width = 1280, colorScheme = 'light' } = options;
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

/** Asks the question that stands there. @returns the whole answer. */
export async function ask(page: Page): Promise<string> {
  await page.getByText(/^WebAssembly with own kernels/).waitFor();
  await page.getByText(/^The right answer is/).waitFor();
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  const answer = page.getByRole('listbox', { name: 'Tokens of the answer' });
  await answer.waitFor({ timeout: 60_000 });
  return (await answer.textContent()) ?? '';
}

/** Sets a run up that takes seconds, and starts it. */
export async function startRun(
  page: Page,
  figures: Readonly<Record<string, number>>,
  name = 'A',
): Promise<void> {
  const run = page.getByRole('article', { name: `Run ${name}` });
  for (const [label, value] of Object.entries(figures)) {
    await run.getByLabel(label, { exact: true }).fill(String(value));
  }
  await run.getByRole('button', { name: 'Train', exact: true }).click();
}

/** Takes something of a run home. @returns where the file lies. */
export async function keep(page: Page, what: 'Model' | 'Page' | 'Figures', name = 'A') {
  const group = page.getByRole('group', { name: `Keep run ${name}` });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    group.getByRole('button', { name: what }).click(),
  ]);
  return { file: await download.path(), name: download.suggestedFilename() };
}

/** Barriers that axe finds. */
export async function barriers(page: Page, axe: string): Promise<string[]> {
  // Through the developer tools, which the page's own policy does not bind.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (
      window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}
