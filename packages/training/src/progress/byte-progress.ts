import { Progress } from './progress.js';

/** Below this the work is done before a bar could be read, bytes. */
const quick = 2 ** 26;

/** Shows how many megabytes are read or downloaded, where there are many. */
export class ByteProgress {
  private shown: Progress | undefined;

  constructor(private readonly title: string) {}

  /**
   * @param done bytes.
   * @param total bytes.
   * @param name of what is read at the moment.
   */
  update(done: number, total: number, name: string): void {
    if (total < quick) return;
    this.shown ??= new Progress(this.title, megabytes(total), { first: megabytes(done) });
    this.shown.update(megabytes(done), name);
  }

  stop(): void {
    this.shown?.stop();
  }
}

const megabytes = (bytes: number) => Math.floor(bytes / 1e6);
