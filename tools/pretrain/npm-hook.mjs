// npm runs a script named pretrain by itself before one named train. Then pre-training is wanted only if there is
// no model yet; asked for by its own name it is always wanted.
import { spawnSync } from 'node:child_process';

/** Whether a `npm run train` (or yarn's) is among the processes that started this one. */
export function runsBeforeTrain() {
  // biome-ignore lint/suspicious/noUndeclaredEnvVars: npm sets it, and turbo does not cache this script.
  if (process.env.npm_lifecycle_event !== 'pretrain') return false;
  let pid = process.ppid;
  for (let depth = 0; depth < 8 && pid > 1; depth++) {
    const { status, stdout } = spawnSync('ps', ['-o', 'ppid=,args=', '-p', String(pid)], {
      encoding: 'utf8',
    });
    // Where there is no ps, nothing tells the two apart; an existing model is then left as it is.
    if (status !== 0) return true;
    const [, parent, command] = /^\s*(\d+)\s+(.*)$/s.exec(stdout) ?? [];
    if (/\b(?:npm|yarn)\b.*\strain(?:\s|$)/s.test(command ?? '')) return true;
    pid = Number(parent);
  }
  return false;
}
