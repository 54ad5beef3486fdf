/** As much of WebDriver (W3C) as a page needs that says by itself what it does. */
export class WebDriver {
  private constructor(
    private readonly address: string,
    private readonly session: string,
  ) {}

  /** Opens a browser through a driver that was just started. */
  static async start(address: string, capabilities: object = {}): Promise<WebDriver> {
    const body = { capabilities: { alwaysMatch: capabilities } };
    for (let tries = 0; ; tries++) {
      try {
        const { sessionId } = await send<{ sessionId: string }>(`${address}/session`, body);
        return new WebDriver(address, sessionId);
      } catch (error) {
        // It does not listen yet.
        if (!(error instanceof TypeError) || tries === 50) throw error;
        await wait(100);
      }
    }
  }

  async open(url: string): Promise<void> {
    await this.send('url', { url });
  }

  /** Runs a script in the page. @returns what it returns. */
  run(script: string): Promise<unknown> {
    return this.send('execute/sync', { script, args: [] });
  }

  /** Waits until a script returns true. */
  async until(script: string, seconds = 120): Promise<void> {
    for (let end = Date.now() + seconds * 1000; (await this.run(script)) !== true; await wait(100)) {
      if (Date.now() > end) throw new Error(`Not after ${seconds} s: ${script}`);
    }
  }

  async close(): Promise<void> {
    await fetch(`${this.address}/session/${this.session}`, { method: 'DELETE' });
  }

  private send<T>(command: string, body: object): Promise<T> {
    return send<T>(`${this.address}/session/${this.session}/${command}`, body);
  }
}

async function send<T>(address: string, body: object): Promise<T> {
  const answer = await fetch(address, { method: 'POST', body: JSON.stringify(body) });
  const { value } = (await answer.json()) as { value: T & { message?: string } };
  if (!answer.ok) throw new Error(`${address}: ${value?.message}`);
  return value;
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
