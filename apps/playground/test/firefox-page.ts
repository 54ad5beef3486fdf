import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { DrivenPage } from './driven-page.js';

interface Reply {
  readonly id?: number;
  readonly type: string;
  readonly message?: string;
  readonly result?: unknown;
}

/** A page of Firefox as it is, over WebDriver BiDi. */
export class FirefoxPage extends DrivenPage {
  #last = 0;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #context = '';

  private constructor(
    private readonly socket: WebSocket,
    private readonly program: ChildProcess,
    private readonly profile: string,
  ) {
    super();
    socket.addEventListener('message', ({ data }) => {
      const reply: Reply = JSON.parse(String(data));
      if (reply.id !== undefined) this.#waiting.get(reply.id)?.(reply);
    });
  }

  static async start(path: string): Promise<FirefoxPage> {
    const profile = mkdtempSync(join(tmpdir(), 'cppo-firefox-'));
    const program = spawn(path, ['--headless', '--remote-debugging-port=0', '--profile', profile]);
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      program.stderr.on('data', (text) => {
        said += text;
        const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(said) ?? [];
        if (found !== undefined) resolve(found);
      });
      program.on('exit', () => reject(new Error(`Firefox ended: ${said}`)));
    });
    const socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    const page = new FirefoxPage(socket, program, profile);
    await page.#send('session.new', { capabilities: {} });
    const { contexts } = (await page.#send('browsingContext.getTree', {})) as {
      contexts: readonly { context: string }[];
    };
    page.#context = contexts[0]?.context ?? '';
    return page;
  }

  async open(url: string): Promise<void> {
    await this.#send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  async run(script: string): Promise<unknown> {
    const evaluated = (await this.#send('script.evaluate', {
      expression: `(async () => {${script}})()`,
      target: { context: this.#context },
      awaitPromise: true,
    })) as { result?: { value?: unknown }; exceptionDetails?: { text: string } };
    if (evaluated.exceptionDetails !== undefined) throw new Error(evaluated.exceptionDetails.text);
    return evaluated.result?.value;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.program.on('exit', resolve));
    await this.#send('browser.close', {}).catch(() => this.program.kill());
    await ended;
    rmSync(this.profile, { recursive: true, force: true });
  }

  async #send(method: string, params: object): Promise<unknown> {
    const id = ++this.#last;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
    this.#waiting.delete(id);
    if (reply.type !== 'success') throw new Error(`${method}: ${reply.message}`);
    return reply.result;
  }
}
