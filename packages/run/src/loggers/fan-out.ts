import type { StepMetrics } from '../logs/metrics-log.js';
import { ModuleError } from '../module-error.js';
import { messageOf } from '../system-error.js';
import type { LoggedRun, RunLogger, RunOutcome } from './run-logger.js';

/** Seconds that a run waits at its end for loggers that are behind. */
const patience = 20;

/** All loggers of a run as one that neither throws nor keeps the training waiting. */
export class Loggers<Config = Readonly<Record<string, unknown>>> {
  private readonly queues: {
    readonly key: string;
    readonly logger: RunLogger<Config>;
    tail: Promise<void>;
    warned: boolean;
  }[];

  /** @param warn is called at most once for each logger. */
  constructor(
    loggers: readonly RunLogger<Config>[],
    private readonly warn: (message: string) => void,
  ) {
    this.queues = loggers.map((logger, i) => ({
      key: `loggers.${i}`,
      logger,
      tail: Promise.resolve(),
      warned: false,
    }));
  }

  start(run: LoggedRun<Config>): void {
    this.each((logger) => logger.start(run));
  }

  step(metrics: StepMetrics): void {
    this.each((logger) => logger.step(metrics));
  }

  evaluation(metrics: StepMetrics): void {
    this.each((logger) => logger.evaluation?.(metrics));
  }

  /** Waits until all is written, for some seconds at most. */
  async finish(outcome: RunOutcome): Promise<void> {
    this.each((logger) => logger.finish?.(outcome));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience * 1000);
    });
    await Promise.race([Promise.all(this.queues.map(({ tail }) => tail)), late]);
    clearTimeout(timer);
  }

  private each(call: (logger: RunLogger<Config>) => void | Promise<void>): void {
    for (const queue of this.queues) {
      queue.tail = queue.tail
        .then(() => call(queue.logger))
        .catch((error: unknown) => {
          if (queue.warned) return;
          queue.warned = true;
          const [reason = ''] = messageOf(error).split('\n');
          const said = error instanceof ModuleError ? reason.replace(/\.$/, '') : `${queue.key}: ${reason}`;
          this.warn(`${said}; the run continues, and metrics.jsonl has every figure`);
        });
    }
  }
}
