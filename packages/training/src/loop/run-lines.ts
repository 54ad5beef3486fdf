import type { LoggedRun, RunDirectory, RunLogger, StepMetrics } from '@cppo/run';
import type { FinishedRun } from './carry-out.js';

/**
 * A run as lines of JSON on standard output, for scripts: `start`, a `step` for each step, an `evaluation` for each while it
 * trains, and `end`. Figures that are not finite are null.
 */
export class RunLines<S extends { readonly steps: number }> implements RunLogger<S> {
  constructor(
    private readonly directory: RunDirectory,
    /** Steps done before. */
    private readonly first: number,
  ) {}

  start({ config }: LoggedRun<S>): void {
    print({ event: 'start', directory: this.directory.path, done: this.first, steps: config.steps });
  }

  step(metrics: StepMetrics): void {
    print({ event: 'step', ...metrics });
  }

  evaluation(metrics: StepMetrics): void {
    print({ event: 'evaluation', ...metrics });
  }

  /** @param finished nothing for a run that was asked to stop. */
  end(finished?: FinishedRun): void {
    if (finished === undefined) {
      print({ event: 'end', outcome: 'stopped', directory: this.directory.path });
      return;
    }
    const { before, after, report, ended } = finished;
    print({
      event: 'end',
      outcome: 'finished',
      directory: this.directory.path,
      ...(ended === undefined ? {} : { reason: ended }),
      ...(before === undefined ? {} : { before: before.avg }),
      ...(after === undefined ? {} : { after: after.avg }),
      model: this.directory.file('model'),
      report,
    });
  }
}

function print(line: object): void {
  console.log(JSON.stringify(line));
}
