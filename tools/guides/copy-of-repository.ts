import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Third-party packages are links; the workspaces' own are those of the copy. */
const linked = ['node_modules'];

/**
 * Copies what git knows or would take, and the built packages, so that a guide can be followed without touching the
 * repository. Third-party packages are shared.
 */
export function copyRepository(to: string): void {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  });
  for (const file of files.split('\0')) {
    if (file === '' || !existsSync(join(repository, file))) continue;
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(repository, file), join(to, file));
  }
  for (const workspace of workspaces()) {
    const [built, copied] = [join(repository, workspace, 'dist'), join(to, workspace, 'dist')];
    if (existsSync(built)) cpSync(built, copied, { recursive: true });
    for (const name of linked) {
      const own = join(repository, workspace, name);
      if (existsSync(own)) symlinkSync(own, join(to, workspace, name));
    }
  }
  linkPackages(to);
}

function workspaces(): string[] {
  return ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(repository, folder)).map((name) => join(folder, name)),
  );
}

function linkPackages(to: string): void {
  const packages = join(repository, 'node_modules');
  mkdirSync(join(to, 'node_modules', '@cppo'), { recursive: true });
  for (const name of readdirSync(packages)) {
    if (name !== '@cppo') symlinkSync(join(packages, name), join(to, 'node_modules', name));
  }
  // These are relative: in the copy they lead to the copy's.
  for (const name of readdirSync(join(packages, '@cppo'))) {
    symlinkSync(readlinkSync(join(packages, '@cppo', name)), join(to, 'node_modules', '@cppo', name));
  }
}
