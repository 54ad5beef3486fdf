import { findRuns, labelRun, runsText, summarizeRun, UserError } from '@cppo/run';

/** `cppo runs`: the runs of a folder, the newest last. */
export function runs(folder: string, options: { tag: readonly string[]; json?: boolean }): void {
  const found = findRuns(folder)
    .map(summarizeRun)
    .filter(({ tags }) => options.tag.every((tag) => tags.includes(tag)))
    .sort((a, b) => (a.status.started ?? '').localeCompare(b.status.started ?? ''));
  if (options.json) console.log(JSON.stringify(found));
  else if (found.length === 0)
    console.error(`${folder} holds no run${options.tag.length > 0 ? ' with that tag' : ''}.`);
  else console.log(runsText(found));
}

/** `cppo tag`: labels on runs, whether or not they are at work. */
export function tagRuns(
  directories: readonly string[],
  { add, remove, note }: { add: readonly string[]; remove: readonly string[]; note?: string },
): void {
  const none = directories.find((directory) => !findRuns(directory).includes(directory));
  if (none !== undefined) throw new UserError(`${none} holds no run: there is no config.json in it.`);
  for (const directory of directories) {
    const labels = labelRun(directory, { add, remove, ...(note === undefined ? {} : { note }) });
    console.log(
      [directory, ...labels.tags.map((tag) => `#${tag}`), ...(labels.note ? [labels.note] : [])].join(' '),
    );
  }
}
