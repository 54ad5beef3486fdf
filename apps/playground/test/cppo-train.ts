import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The command line of this repository, built. */
export const cli = fileURLToPath(new URL('../../trainer/dist/cli.js', import.meta.url));

/** `cppo train` with wasm on one thread, into a directory. @throws Error with what it said when it fails. */
export function cppoTrain(output: string, settings: readonly string[]): void {
  const all = [...settings, 'engine.prefer=wasm', 'engine.threads=1', `output=${output}`];
  const { status, stderr } = spawnSync(
    process.execPath,
    [cli, 'train', ...all.flatMap((setting) => ['--set', setting])],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
}
