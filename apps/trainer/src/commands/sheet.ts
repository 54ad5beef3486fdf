import { drawSamples, sheet as samplesPage, taskNames } from '@cppo/bench';
import { checkOutputFile, UserError, writeWholeFile } from '@cppo/run';

/** `cppo bench sheet`: a page of samples to look at. */
export async function sheet(options: {
  task?: string;
  count: number;
  seed: number;
  split?: 'in' | 'out';
  out: string;
}): Promise<void> {
  if (options.task !== undefined && !taskNames.includes(options.task)) {
    throw new UserError(`--task: found ${options.task}, expected one of ${taskNames.join(', ')}.`);
  }
  checkOutputFile('--out', options.out);
  const tasks = options.task === undefined ? taskNames : [options.task];
  const splits = (['in-domain', 'out-of-domain'] as const).filter(
    (split) => options.split === undefined || split.startsWith(options.split),
  );
  const samples = splits.flatMap((split) =>
    drawSamples({
      tasks,
      seed: options.seed,
      count: options.count * tasks.length,
      difficulty: [1, 2, 3],
      split,
    }),
  );
  writeWholeFile(options.out, await samplesPage(samples));
  console.log(options.out);
}
