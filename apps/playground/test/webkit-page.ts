import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DrivenPage, wait } from './driven-page.js';

/** A page of WebKitGTK through its driver (WebDriver, W3C), on a screen of its own where there is none. */
export class WebKitPage extends DrivenPage {
  private constructor(
    private readonly address: string,
    private readonly end: () => void,
  ) {
    super();
  }

  /** @param driver WebKitWebDriver. @param browser the program that it drives. */
  static async start(driver: string, browser: string): Promise<WebKitPage> {
    const screen = process.env.DISPLAY === undefined ? spawn('Xvfb', ['-displayfd', '1']) : undefined;
    const display = screen
      ? `:${String((await once(screen.stdout, 'data'))[0]).trim()}`
      : process.env.DISPLAY;
    const port = 20_000 + (process.pid % 10_000);
    const env = { ...process.env, DISPLAY: display };
    const program = spawn(driver, [`--port=${port}`], { stdio: 'ignore', env });
    const end = () => {
      program.kill();
      screen?.kill();
    };
    const options = { 'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] } };
    for (let tries = 0; ; tries++) {
      try {
        const address = `http://127.0.0.1:${port}/session`;
        const { sessionId } = (await send(address, { capabilities: { alwaysMatch: options } })) as {
          sessionId: string;
        };
        return new WebKitPage(`${address}/${sessionId}`, end);
      } catch (error) {
        if (!(error instanceof TypeError) || tries === 100) {
          end();
          throw error;
        }
        // The driver does not listen yet.
        await wait(100);
      }
    }
  }

  async open(url: string): Promise<void> {
    await send(`${this.address}/url`, { url });
  }

  run(script: string): Promise<unknown> {
    return send(`${this.address}/execute/sync`, { script: `return (async () => {${script}})()`, args: [] });
  }

  async close(): Promise<void> {
    await fetch(this.address, { method: 'DELETE' });
    this.end();
  }
}

async function send(address: string, body: object): Promise<unknown> {
  const answer = await fetch(address, { method: 'POST', body: JSON.stringify(body) });
  const { value } = (await answer.json()) as { value: unknown };
  if (!answer.ok) throw new Error(`${address}: ${JSON.stringify(value)}`);
  return value;
}
