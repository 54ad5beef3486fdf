import type { Browser, Page } from 'playwright-core';

/** Programs of a page and a worker: how late each of many timers is, milliseconds. */
const measure = `async () => {
  const late = [];
  for (let i = 0; i < 40; i++) {
    const wanted = performance.now() + 50;
    await new Promise((resolve) => setTimeout(resolve, 50));
    late.push(performance.now() - wanted);
  }
  return late;
}`;

/**
 * How late timers fire at the 90th percentile: those of the page, and those of a worker beside it that has nothing to
 * do. What both wait for is the processor.
 */
export async function lateness(page: Page): Promise<{ page: number; idle: number }> {
  const [own, others]: [number[], number[]] = await page.evaluate(`(async () => {
    const program = ${JSON.stringify(`(${measure})().then(postMessage)`)};
    const worker = new Worker(URL.createObjectURL(new Blob([program])));
    const others = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
    const both = await Promise.all([(${measure})(), others]);
    worker.terminate();
    return both;
  })()`);
  return { page: percentile(own, 0.9), idle: percentile(others, 0.9) };
}

/** Tasks of a page's own thread while something runs: the processor's time of each, milliseconds, the longest first. */
export async function ownTasks(browser: Browser, page: Page, run: () => Promise<void>): Promise<number[]> {
  await browser.startTracing(page, { categories: ['__metadata', 'toplevel', 'devtools.timeline'] });
  await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  return traceEvents
    .filter(({ ph, pid, tid, name }) => ph === 'X' && /RunTask$/.test(name) && threads.has(`${pid}/${tid}`))
    .map(({ tdur = Number.NaN }) => tdur / 1000)
    .sort((a, b) => b - a);
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Time of the thread on the processor, microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}
