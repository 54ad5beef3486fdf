import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers one line with one line, both JSON. */
export class TurnTaker {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #lastWords = '';

  constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process.stderr!.on('data', (text) => {
      this.#lastWords = `${this.#lastWords}${text}`.slice(-2000);
    });
    // A process that does not start or has ended says so by the end of its lines.
    this.#process.on('error', (error) => {
      this.#lastWords = error.message;
    });
    this.#process.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#process.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws Error with the last output of the process when it has ended. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(this.#complaint());
    return JSON.parse(value) as T;
  }

  /** The line that names an error, of those on its error stream. */
  #complaint(): string {
    const lines = this.#lastWords.trim().split('\n');
    return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it ended without a word';
  }

  ask<T>(request: object): Promise<T> {
    this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }

  close(): void {
    this.#process.stdin!.end();
    this.#process.kill();
  }
}
