import { existsSync, readFileSync } from 'node:fs';
import { appendWhole, writeWholeFile } from '../directory/whole-file.js';

/** Figures of one step, flat: `loss/cppo`, `reward/mean`, `seconds/sampling`, … */
export type StepMetrics = { readonly step: number } & Readonly<Record<string, number>>;

/** `metrics.jsonl`: one line a step. */
export class MetricsLog {
  /**
   * @param lastStep on resuming, the step of the checkpoint: lines after it belong to steps that will run again.
   */
  constructor(
    private readonly path: string,
    lastStep: number,
  ) {
    const kept = readMetrics(path).filter(({ step }) => step <= lastStep);
    writeWholeFile(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  append(metrics: StepMetrics): void {
    appendWhole(this.path, `${JSON.stringify(metrics)}\n`);
  }
}

/**
 * Reads a metrics file; ignores a last line cut short by a kill.
 *
 * @param path of the file.
 * @returns one record per step; none when there is no file.
 * @example
 * const path = join(folder, 'metrics.jsonl');
 * writeFileSync(path, '{"step":1,"loss/total":0.5}\n{"step":2,"lo');
 * readMetrics(path); // [{ step: 1, 'loss/total': 0.5 }]
 */
export function readMetrics(path: string): StepMetrics[] {
  if (!existsSync(path)) return [];
  const lines: StepMetrics[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    try {
      lines.push(JSON.parse(line));
    } catch {
      break;
    }
  }
  return lines;
}
