import { cpus } from 'node:os';
import type { Browser, Page } from 'playwright-core';

/** Share of the processors that nobody uses, over a second. */
export async function idleShare(): Promise<number> {
  const times = () => {
    const all = cpus().map((each) => each.times);
    const sum = (name: 'user' | 'nice' | 'sys' | 'idle' | 'irq') =>
      all.reduce((total, each) => total + each[name], 0);
    const idle = sum('idle');
    return { idle, all: idle + sum('user') + sum('nice') + sum('sys') + sum('irq') };
  };
  const before = times();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const after = times();
  return (after.idle - before.idle) / (after.all - before.all);
}

/** How late timers of a page are at the 90th percentile, milliseconds. */
export function lateness(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const late: number[] = [];
    for (let i = 0; i < 40; i++) {
      const wanted = performance.now() + 50;
      await new Promise((resolve) => setTimeout(resolve, 50));
      late.push(performance.now() - wanted);
    }
    return late.sort((a, b) => a - b)[35] ?? Number.NaN;
  });
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
