import type { OpenOptions } from '@cppo/dataset';
import { Progress } from './progress.js';

/** What takes less time is over before anyone could look, milliseconds. */
const patience = 2000;

/** Shows the progress of downloading and checking a data set, where that takes long. */
export class SurveyProgress {
  private readonly started = Date.now();
  private progress: Progress | undefined;
  private stage = '';

  constructor(private readonly title: string) {}

  update({ stage, done, total }: Parameters<NonNullable<OpenOptions['onProgress']>>[0]): void {
    if (stage === 'survey' && Date.now() - this.started < patience) return;
    if (this.stage !== stage) {
      this.stop();
      this.stage = stage;
      this.progress = new Progress(`${stage === 'survey' ? 'reading' : 'downloading'} ${this.title}`, total);
    }
    this.progress?.update(done);
  }

  stop(): void {
    this.progress?.stop();
  }
}
