import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Manifest = {
  readonly name: string;
  readonly private?: boolean;
  readonly version: string;
  readonly types?: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/** `folder` is relative to the repository root, as in its lock. */
export type Workspace = { readonly folder: string; readonly manifest: Manifest };

/** What `npm publish` would send: `files` are paths in the package, `integrity` is that of the tarball. */
export type PackedPackage = Workspace & {
  readonly tarball: string;
  readonly integrity: string;
  readonly files: readonly string[];
};

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The workspaces that are published. */
export function workspaces(): Workspace[] {
  return ['packages', 'apps'].flatMap((room) =>
    readdirSync(join(repository, room))
      .map((entry) => `${room}/${entry}`)
      .filter((folder) => existsSync(join(repository, folder, 'package.json')))
      .map((folder) => ({
        folder,
        manifest: JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8')) as Manifest,
      }))
      .filter(({ manifest }) => manifest.private !== true),
  );
}

/** Packs every workspace into `destination` as it is built now. */
export function packAll(destination: string): ReadonlyMap<string, PackedPackage> {
  const report = execFileSync(
    'npm',
    ['pack', '--workspaces', '--json', '--ignore-scripts', '--pack-destination', destination],
    { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
  type Packed = { name: string; filename: string; integrity: string; files: { path: string }[] };
  const packed = new Map(
    Object.values(JSON.parse(report) as Record<string, Packed>).map((entry) => [entry.name, entry]),
  );
  return new Map(
    workspaces().map(({ folder, manifest }) => {
      const entry = packed.get(manifest.name);
      if (entry === undefined) throw new Error(`npm pack made no tarball of ${manifest.name}.`);
      const tarball = join(destination, entry.filename);
      const files = entry.files.map(({ path }) => path);
      return [manifest.name, { folder, manifest, tarball, integrity: entry.integrity, files }];
    }),
  );
}

/** The text of one packed file. */
export function packedText({ folder }: PackedPackage, file: string): string {
  return readFileSync(join(repository, folder, file), 'utf8');
}
