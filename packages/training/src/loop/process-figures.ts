import { availableParallelism } from 'node:os';

/**
 * What the process takes: resident memory in GB (10⁹ bytes), and the share of all processors that it had since it was last
 * asked, 0 to 1.
 */
export class ProcessFigures {
  private spent = process.cpuUsage();
  private at = performance.now();

  measure(): Record<string, number> {
    const { user, system } = process.cpuUsage(this.spent);
    const seconds = (performance.now() - this.at) / 1000;
    this.spent = process.cpuUsage();
    this.at = performance.now();
    return {
      'process/memory': process.memoryUsage.rss() / 1e9,
      'process/processor': Math.min(1, (user + system) / 1e6 / seconds / availableParallelism()),
    };
  }
}
