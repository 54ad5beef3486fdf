import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DrawOptions, drawSamples, exportJsonLines, exportParquet, taskNames } from '@cppo/bench';
import { closestName } from '@cppo/checked-options';
import { makeOutputDirectory, UserError, writeWholeFile } from '@cppo/run';

interface ExportOptions {
  readonly task: readonly string[];
  readonly count: number;
  readonly seed: number;
  readonly difficulty: string;
  readonly split: 'in' | 'out';
  readonly format: 'jsonl' | 'parquet';
  readonly out: string;
}

/** `cppo bench export`: samples of the built-in tasks as files that this and other systems read. */
export async function exportSamples(options: ExportOptions): Promise<void> {
  const unknown = options.task.find((name) => !taskNames.includes(name));
  if (unknown !== undefined) {
    throw new UserError(
      `--task: found ${JSON.stringify(unknown)}. Did you mean ${closestName(unknown, [...taskNames])}? There are ${taskNames.join(', ')}.`,
    );
  }
  if (existsSync(join(options.out, 'samples.jsonl')) || existsSync(join(options.out, 'samples.parquet'))) {
    throw new UserError(
      `--out: ${options.out} already holds samples; remove them, or name another directory.`,
    );
  }
  makeOutputDirectory('--out', options.out);
  const samples = drawSamples({
    ...(options.task.length === 0 ? {} : { tasks: options.task }),
    seed: options.seed,
    count: options.count,
    difficulty: difficulties(options.difficulty),
    split: options.split === 'in' ? 'in-domain' : 'out-of-domain',
  });
  let last = '';
  const write = (path: string, bytes: Uint8Array) => {
    last = join(options.out, path);
    mkdirSync(dirname(last), { recursive: true });
    writeWholeFile(last, bytes);
  };
  if (options.format === 'parquet') write('samples.parquet', await exportParquet(samples));
  else for await (const { path, bytes } of exportJsonLines(samples)) write(path, bytes);
  console.log(last);
}

function difficulties(text: string): Exclude<DrawOptions['difficulty'], undefined> {
  const levels = text.split(',').map(Number);
  if (!levels.every((level): level is 1 | 2 | 3 => level === 1 || level === 2 || level === 3)) {
    throw new UserError(
      `--difficulty: found ${JSON.stringify(text)}, expected 1, 2 or 3, or several with commas.`,
    );
  }
  return levels;
}
