import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, writeWholeFile } from '@cppo/run';

/** In the folder of a sweep: the configuration of each of its runs as it was asked for, by the run's name. */
const keptFile = 'sweep.json';

/**
 * Remembers the configurations of a sweep, so that the same command goes on with its runs, and another sweep is not mixed
 * with them.
 *
 * @param folder of the runs.
 * @param configs by the names of the runs.
 * @param hasBegun whether there is something in the directory of a run.
 * @throws UserError for a run that was begun with another configuration.
 */
export function keepConfigs(
  folder: string,
  configs: ReadonlyMap<string, object>,
  hasBegun: (name: string) => boolean,
): void {
  const kept = readKept(folder);
  for (const [name, config] of configs) {
    if (hasBegun(name) && kept[name] !== JSON.stringify(config)) {
      throw new UserError(
        `${join(folder, name)} holds a run with other settings; remove it, or give the sweep another output.`,
      );
    }
    kept[name] = JSON.stringify(config);
  }
  mkdirSync(folder, { recursive: true });
  const lines = Object.entries(kept).map(([name, config]) => `${JSON.stringify(name)}:${config}`);
  writeWholeFile(join(folder, keptFile), `{\n${lines.join(',\n')}\n}\n`);
}

/** Each as JSON. */
function readKept(folder: string): Record<string, string> {
  const path = join(folder, keptFile);
  if (!existsSync(path)) return {};
  try {
    const found: object = JSON.parse(readFileSync(path, 'utf8'));
    return Object.fromEntries(Object.entries(found).map(([name, config]) => [name, JSON.stringify(config)]));
  } catch (error) {
    throw new UserError(`${path} is not JSON (${error instanceof Error ? error.message : String(error)}).`);
  }
}
