import { requireNames } from '@cppo/checked-options';
import { duration } from '@cppo/run';
import { type Options, Presets, SingleBar } from 'cli-progress';

export interface ProgressOptions {
  /** Items done earlier; the remaining time is estimated from later ones only. */
  readonly first?: number;
  /** Without a terminal: a line for every update, not one in two seconds. */
  readonly everyLine?: boolean;
  /** False says nothing: of several processes at one work, one shows it. Default true. */
  readonly shown?: boolean;
}

/** Shows long work: a bar with figures and time left on a terminal, lines elsewhere. */
export class Progress {
  private readonly bar: SingleBar | undefined;
  private readonly started = Date.now();
  private readonly first: number;
  private readonly everyLine: boolean;
  private readonly shown: boolean;
  private lastLine = 0;

  constructor(
    private readonly title: string,
    private readonly total: number,
    options: ProgressOptions = {},
  ) {
    requireNames('Progress', options, { first: true, everyLine: true, shown: true });
    const { first = 0, everyLine = false, shown = true } = options;
    this.first = first;
    this.everyLine = everyLine;
    this.shown = shown;
    if (!shown || !process.stderr.isTTY) return;
    this.bar = new SingleBar(
      {
        format: ({ barCompleteString, barIncompleteString }: Options, { progress }, payload: Shown) =>
          fittedLine(title, progress, { done: payload.done, total }, payload, process.stderr.columns ?? 80, [
            barCompleteString ?? '',
            barIncompleteString ?? '',
          ]),
        stream: process.stderr,
      },
      Presets.shades_classic,
    );
    this.bar.start(total, first, { done: first, figures: [], left: '…' });
  }

  /** @param figures the most telling first: a narrow terminal shows as many as it has room for. */
  update(done: number, figures: readonly string[] | string = []): void {
    if (!this.shown) return;
    const shown: Shown = {
      done,
      figures: typeof figures === 'string' ? (figures === '' ? [] : [figures]) : figures,
      left: this.timeLeft(done),
    };
    if (this.bar !== undefined) {
      this.bar.update(done, shown);
      return;
    }
    const now = Date.now();
    const due =
      this.everyLine || done === this.total || done === this.first + 1 || now - this.lastLine >= 2000;
    if (!due) return;
    this.lastLine = now;
    console.error(
      [`${this.title} ${done}/${this.total}`, ...shown.figures, `${shown.left} left`].join(' · '),
    );
  }

  /** A line of its own, above the bar. */
  say(line: string): void {
    if (!this.shown) return;
    if (this.bar === undefined) console.error(line);
    else process.stderr.write(`\r\x1b[K${line}\n`);
  }

  stop(): void {
    this.bar?.stop();
  }

  private timeLeft(done: number): string {
    if (done <= this.first) return '…';
    const seconds = ((Date.now() - this.started) / 1000 / (done - this.first)) * (this.total - done);
    return duration(seconds);
  }
}

interface Shown {
  readonly done: number;
  readonly figures: readonly string[];
  readonly left: string;
}

/**
 * One line of at most `columns` − 1 characters: title and count, time left, then as many figures as fit, then a bar
 * of what is still free.
 *
 * @param progress share done, 0 to 1.
 * @param strings long runs of the bar's full and empty characters.
 */
export function fittedLine(
  title: string,
  progress: number,
  { done, total }: { done: number; total: number },
  { figures, left }: Pick<Shown, 'figures' | 'left'>,
  columns: number,
  [full, empty]: readonly [string, string],
): string {
  // The last column stays free: terminals wrap when it is written.
  const room = columns - 1;
  const parts = [`${title} ${done}/${total}`];
  for (const part of [`${left} left`, ...figures]) {
    if ([...parts, part].join(' · ').length > room) break;
    parts.push(part);
  }
  const line = parts.join(' · ').slice(0, Math.max(0, room));
  const width = Math.min(24, room - line.length - 1);
  if (width < 6) return line;
  const filled = Math.round(Math.min(1, Math.max(0, progress)) * width);
  return `${full.slice(0, filled)}${empty.slice(0, width - filled)} ${line}`;
}
