import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a project's `node_modules` holds. */
export type InstalledSize = { readonly packages: number; readonly megabytes: number };

/** Counts packages by their `package.json`, and bytes of files as stored (10⁶ a megabyte). */
export function installedSize(project: string): InstalledSize {
  let packages = 0;
  let bytes = 0;
  const look = (folder: string, holdsPackages: boolean) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile()) bytes += statSync(path).size;
      if (!entry.isDirectory() || (holdsPackages && entry.name.startsWith('.'))) continue;
      if (holdsPackages && !entry.name.startsWith('@')) packages++;
      look(path, entry.name === 'node_modules' || (holdsPackages && entry.name.startsWith('@')));
    }
  };
  look(join(project, 'node_modules'), true);
  return { packages, megabytes: bytes / 1e6 };
}
