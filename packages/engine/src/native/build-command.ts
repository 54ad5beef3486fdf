import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = 'engine:native';

/**
 * The command that builds the native engine, as it works in a directory: the repository's own script where npm finds it,
 * elsewhere the program of this package, told which project it belongs to.
 */
export function buildCommand(directory = process.cwd()): string {
  const project = nearestProject(directory);
  if (project !== undefined && hasScript(project))
    return `npm run ${script} -- --from PYTHON_ENV_WITH_TENSORFLOW`;
  const own = nearestProject(dirname(fileURLToPath(import.meta.url)))!;
  const home = own.split(/[\\/]node_modules[\\/]/)[0]!;
  const holder = home === own ? nearestProject(dirname(own)) : home;
  return `node ${join(own, 'dist', 'native-cli.js')} --directory ${holder ?? own} --from PYTHON_ENV_WITH_TENSORFLOW`;
}

/** As npm looks for it. */
function nearestProject(directory: string): string | undefined {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  return parent === directory ? undefined : nearestProject(parent);
}

function hasScript(project: string): boolean {
  try {
    return JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')).scripts?.[script] !== undefined;
  } catch {
    return false;
  }
}
