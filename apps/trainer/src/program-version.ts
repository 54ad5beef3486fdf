import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './built-files.js';

/** Version of this program, from its package. */
export function programVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;
}

/** Commit of the repository that this program runs from, with a plus where files differ from it; nothing where it was installed. */
export function programCommit(): string | undefined {
  if (/[\\/]node_modules[\\/]/.test(packageRoot)) return undefined;
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, {
      cwd: packageRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return undefined;
  }
}
