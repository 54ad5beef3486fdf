// What every package.json says alike, and what the whole repository installs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { describe, expect, it, test } from 'vitest';
import { repository, workspaces } from './pack.js';

type Root = {
  readonly repository: { readonly url: string };
  readonly engines: { readonly node: string };
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
};
type LockEntry = {
  readonly version: string;
  readonly link?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
};

const read = (file: string) => readFileSync(join(repository, file), 'utf8');
const root = JSON.parse(read('package.json')) as Root;
const lock = JSON.parse(read('package-lock.json')) as {
  readonly packages: Readonly<Record<string, LockEntry>>;
};
const installed = Object.entries(lock.packages).filter(
  ([place, entry]) => place.includes('node_modules/') && !entry.link,
);
const nameOf = (place: string) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe.each(workspaces())('$manifest.name', ({ folder, manifest }) => {
  it('says where it comes from, where faults go, and on what it runs, as the repository does', () => {
    const address = root.repository.url.replace(/^git\+(.*)\.git$/, '$1');
    expect(manifest).toMatchObject({
      license: root.license,
      engines: root.engines,
      homepage: `${address}/tree/main/${folder}#readme`,
      repository: { type: 'git', url: root.repository.url, directory: folder },
      bugs: `${address}/issues`,
    });
  });
});

test('no script is one that npm runs before or after another by its name', () => {
  const names = Object.keys(root.scripts);
  const hooks = names.filter(
    (name) => /^(pre|post)./.test(name) && names.includes(name.replace(/^(pre|post)/, '')),
  );
  expect(hooks).toEqual([]);
});

test('no install script runs: npm is told so of every package that has one', () => {
  const scripted = installed.filter(([, entry]) => entry.hasInstallScript).map(([place]) => nameOf(place));
  expect(root.allowScripts).toEqual(Object.fromEntries(scripted.sort().map((name) => [name, false])));
});

test.each(['20.19.0', '22.12.0', '24.0.0'])(
  'nothing that is installed asks for another Node than %s',
  (node) => {
    // npm leaves out an optional package that asks for another one, without a word.
    const asking = installed.filter(
      ([, { optional, engines }]) => !optional && !satisfies(node, engines?.node ?? '*'),
    );
    expect(asking.map(([place, { engines }]) => `${nameOf(place)} ${engines?.node}`)).toEqual([]);
  },
);

test('every package that the repository asks for is used by name', () => {
  const files = (folder: string): string[] =>
    readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
      if (['node_modules', 'dist', '__fixtures__', '.turbo'].includes(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return files(path);
      return /\.(ts|tsx|mjs|js)$/.test(entry.name) ? [path] : [];
    });
  const texts = ['packages', 'apps', 'tools'].flatMap(files).map(read);
  const declared = [
    ...Object.keys(root.devDependencies),
    ...workspaces().flatMap(({ folder }) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(read(`${folder}/package.json`));
      return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
    }),
  ];
  // Run by their commands, or read by TypeScript alone.
  const byCommand = ['@biomejs/biome', '@changesets/cli', 'turbo'];
  const unused = [...new Set(declared)].filter(
    (name) =>
      !name.startsWith('@types/') &&
      !byCommand.includes(name) &&
      !texts.some((text) => text.includes(`${name}'`) || text.includes(`${name}/`)),
  );
  expect(unused).toEqual([]);
});
