import { existsSync, type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { join, relative } from 'node:path';
import { readMetrics } from '@cppo/run';
import { cppo, type Outcome } from './command.js';

/** When a process is killed: some milliseconds after it began, or after a file with such a name was touched. */
export type Moment =
  | { readonly after: number }
  | { readonly touched: RegExp; readonly nth: number; readonly later: number };

export const describeMoment = (moment: Moment): string =>
  'after' in moment
    ? `${moment.after.toFixed(0)} ms after its start`
    : `${moment.later.toFixed(1)} ms after change ${moment.nth} of ${moment.touched.source}`;

/** Runs the program and kills it with SIGKILL at a moment; it may be done before. */
export function killedAt(parameters: readonly string[], directory: string, moment: Moment): Promise<Outcome> {
  return cppo(parameters, {
    onStart: (child) => {
      const kill = () => child.kill('SIGKILL');
      if ('after' in moment) {
        const timer = setTimeout(kill, moment.after);
        child.on('exit', () => clearTimeout(timer));
        return;
      }
      let seen = 0;
      const watchers = new Map<string, FSWatcher>();
      // Folder by folder as they appear: Node's own recursive watch throws when a folder goes while it is looked at.
      const look = (folder: string) => {
        if (watchers.has(folder) || !existsSync(folder)) return;
        try {
          watchers.set(
            folder,
            watch(folder, (_, name) => touched(join(folder, name ?? ''))),
          );
        } catch {
          return; // gone already
        }
        watchers.get(folder)!.on('error', () => {});
      };
      const touched = (path: string) => {
        for (const folder of ['.', 'checkpoints', 'rollouts', 'evaluations', 'best'])
          look(join(directory, folder));
        const name = relative(directory, path);
        if (/^(checkpoints|best)\/\.step-\d+\.tmp$|^model\.partial-/.test(name)) look(path);
        if (!moment.touched.test(name) || ++seen !== moment.nth) return;
        const until = performance.now() + moment.later;
        while (performance.now() < until); // timers are too coarse for a write that takes less than a millisecond
        kill();
      };
      look(join(directory, '..'));
      child.on('exit', () => {
        for (const watcher of watchers.values()) watcher.close();
      });
    },
  });
}

/** All that a run leaves and that must not depend on kills: by name, file contents or figures. */
export function remains(directory: string): Record<string, unknown> {
  const result: Record<string, unknown> = {
    'metrics.jsonl': readMetrics(join(directory, 'metrics.jsonl')).map((line) =>
      Object.fromEntries(
        Object.entries(line).filter(
          ([key]) => !/^(seconds|process)\/|^(tokens\/second|cluster\/seconds)$/.test(key),
        ),
      ),
    ),
  };
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    if (/^(metrics\.jsonl|report\.html|events\.)/.test(name)) continue; // they hold times
    const path = join(directory, name);
    result[name] = /\.\w+$/.test(name) ? readFileSync(path).toString('base64') : 'folder';
  }
  return result;
}

/** Runs to the end whatever the run before left, as a user would: the run goes on, or begins if it had not. */
export async function finished(begin: readonly string[], directory: string): Promise<Outcome> {
  const began = existsSync(join(directory, 'config.json'));
  return cppo(began ? ['train', '--resume', directory] : begin);
}
