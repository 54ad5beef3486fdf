import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PackedPackage, repository } from './pack.js';

const run = promisify(execFile);

type LockEntry = { version?: string; resolved?: string; link?: boolean };

/** npm's codes for a registry that does not answer, or an offline cache that lacks something. */
const unreachable =
  /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT/;

/**
 * Installs one packed package, and nothing else, in a new project in `directory`.
 *
 * npm itself installs the tarball with its dependencies and peer dependencies. A lock gives third-party packages the versions
 * of this repository's own lock, whose tarballs `npm ci` has left in npm's cache, so no registry is asked.
 * Siblings that the package declares come from their tarballs. Whatever is not declared is pruned by npm, so importing it fails.
 * When the cache lacks something, the registry is asked.
 *
 * @returns false when that registry does not answer.
 */
export async function installAlone(
  name: string,
  packed: ReadonlyMap<string, PackedPackage>,
  directory: string,
): Promise<boolean> {
  const dependencies = { [name]: `file:${packed.get(name)?.tarball}` };
  const project = { name: 'consumer', version: '1.0.0', private: true, type: 'module', dependencies };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify(project));
  const lock = { lockfileVersion: 3, requires: true, packages: { '': project, ...lockEntries(packed) } };
  writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(lock));

  const install = (mode: string) =>
    run(
      'npm',
      [
        'install',
        mode,
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--fetch-retries=1',
        '--fetch-retry-mintimeout=1000',
      ],
      {
        cwd: directory,
      },
    );
  try {
    await install('--offline').catch((error) => {
      if (!unreachable.test(error.stderr)) throw error;
      return install('--prefer-offline');
    });
    return true;
  } catch (error) {
    if (error instanceof Error && unreachable.test((error as Error & { stderr: string }).stderr))
      return false;
    throw error;
  }
}

function lockEntries(packed: ReadonlyMap<string, PackedPackage>): Record<string, object> {
  const own = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>;
  };
  const entries: Record<string, object> = {};
  for (const { manifest, tarball, integrity } of packed.values()) {
    const { version, bin, dependencies, peerDependencies, peerDependenciesMeta, optionalDependencies } =
      manifest;
    entries[`node_modules/${manifest.name}`] = {
      version,
      resolved: `file:${tarball}`,
      integrity,
      bin,
      dependencies,
      peerDependencies,
      peerDependenciesMeta,
      optionalDependencies,
    };
  }
  for (const [place, entry] of Object.entries(own.packages)) {
    if (!place.includes('node_modules/') || entry.link) continue;
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const [folder] = place.split('/node_modules/', 1);
    const owner = [...packed.values()].find((workspace) => workspace.folder === folder)?.manifest.name;
    entries[owner === undefined ? place : `node_modules/${owner}${place.slice(folder?.length)}`] = {
      // A lock may leave the address out; npm puts its configured registry in place of this one.
      resolved: `https://registry.npmjs.org/${name}/-/${name.split('/').pop()}-${entry.version}.tgz`,
      ...entry,
    };
  }
  return entries;
}

/** Names that `import * as everything from name` gives in plain Node, with nothing of this process's environment. */
export async function importInNode(name: string, directory: string): Promise<string[]> {
  const program = `import * as everything from '${name}'; console.log(JSON.stringify(Object.keys(everything)));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: directory,
    env: { PATH: process.env.PATH },
  });
  return JSON.parse(stdout) as string[];
}

/** The same for `require(name)`. */
export async function requireInNode(name: string, directory: string): Promise<string[]> {
  const program = `console.log(JSON.stringify(Object.keys(require('${name}'))));`;
  const { stdout } = await run(process.execPath, ['--input-type=commonjs', '--eval', program], {
    cwd: directory,
    env: { PATH: process.env.PATH },
  });
  return JSON.parse(stdout) as string[];
}

/** Standard output of an installed command. */
export async function runCommand(command: string, parameters: string[], directory: string): Promise<string> {
  const script = join(directory, 'node_modules', '.bin', command);
  return (await run(process.execPath, [script, ...parameters], { cwd: directory })).stdout;
}
