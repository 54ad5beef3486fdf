import type { IncomingMessage, ServerResponse } from 'node:http';
import { pageHtml } from '../page/page-html.js';
import { readRun } from '../report/read-run.js';
import { stateOf, updateAfter } from './follow.js';
import { sendHtml, startEvents } from './local-server.js';

/** What a page that does not read may have waiting before it is dropped. */
const mostWaiting = 32 * 2 ** 20;

/** The page of one run while it is served, and the pages that are open. */
export class LiveRun {
  private readonly pages = new Map<ServerResponse, number>();
  private state: string;

  /** @param going whether a process is at work on the run. */
  constructor(
    private readonly directory: string,
    private readonly going: () => boolean,
  ) {
    this.state = stateOf(directory);
  }

  sendPage(response: ServerResponse): void {
    sendHtml(response, pageHtml(readRun(this.directory, { live: true })));
  }

  /** Tells a page what it lacks, and from now on what is new. */
  subscribe(request: IncomingMessage, page: ServerResponse): void {
    const asked = new URL(request.url ?? '/', 'http://page').searchParams.get('after');
    page.on('close', () => this.pages.delete(page));
    this.send(page, Number(request.headers['last-event-id'] ?? asked) || 0, !this.going());
  }

  /** Tells the pages what is new, if something is. */
  refresh(): void {
    const now = stateOf(this.directory);
    if (now === this.state) return;
    this.state = now;
    for (const [page, seen] of this.pages) this.send(page, seen, false);
  }

  /** Tells the pages that the run has ended. */
  end(): void {
    for (const [page, seen] of [...this.pages]) {
      this.send(page, seen, true);
      page.end();
    }
  }

  /** @param seen the last step that the page knows of. */
  private send(page: ServerResponse, seen: number, ended: boolean): void {
    const update = updateAfter(this.directory, seen, ended);
    startEvents(page);
    const last = update.series.steps.at(-1) ?? 0;
    this.pages.set(page, last);
    page.write(`id: ${last}\ndata: ${JSON.stringify(update)}\n\n`);
    if (page.writableLength > mostWaiting) page.destroy();
  }
}
