import { Presets, SingleBar } from 'cli-progress';

/** Shows long work: a bar with figures and time left on a terminal, a line now and then elsewhere. */
export class Progress {
  private readonly bar: SingleBar | undefined;
  private readonly started = Date.now();
  private lastLine = 0;

  constructor(
    private readonly title: string,
    private readonly total: number,
    private readonly first = 0,
  ) {
    if (!process.stderr.isTTY) return;
    this.bar = new SingleBar(
      {
        format: `${title} {bar} {value}/{total} · {figures}{left} left`,
        hideCursor: true,
        stream: process.stderr,
      },
      Presets.shades_classic,
    );
    this.bar.start(total, first, { figures: '', left: '…' });
  }

  update(done: number, figures = ''): void {
    const left = this.timeLeft(done);
    if (this.bar !== undefined) {
      this.bar.update(done, { figures: figures === '' ? '' : `${figures} · `, left });
      return;
    }
    // Without a terminal: the first, the last, and at most one line in two seconds.
    const now = Date.now();
    if (done !== this.total && done !== this.first + 1 && now - this.lastLine < 2000) return;
    this.lastLine = now;
    console.error(
      `${this.title} ${done}/${this.total}${figures === '' ? '' : ` · ${figures}`} · ${left} left`,
    );
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

/** Seconds as people read them: 42 s, 3 min 05 s, 2 h 10 min. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
