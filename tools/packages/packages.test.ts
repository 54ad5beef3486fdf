// Every package as a stranger gets it: packed, judged by publint and arethetypeswrong, and installed alone in an empty project.
// Needs a build (`npm run build`); npm's cache as `npm ci` leaves it, or else the registry.
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkConsumer } from './consumer-types.js';
import { importInNode, installAlone, requireInNode, runCommand } from './empty-project.js';
import { installedSize } from './installed-size.js';
import { mentions } from './mentioned-packages.js';
import { type PackedPackage, packAll, packedText, repository, workspaces } from './pack.js';
import { unexportedTypes } from './unexported-types.js';

/** These load where there is no Node; what needs it is imported when it is called. */
const withoutNode = [
  '@cppo/contrastive-loss',
  '@cppo/cppo',
  '@cppo/entropy-detect',
  '@cppo/grpo',
  '@cppo/perturb',
  '@cppo/policy-qwen',
  '@cppo/reward',
];

/** Rows of the table in docs/sizes.md: name, packages, megabytes. */
const weights = [
  ...readFileSync(join(repository, 'docs/sizes.md'), 'utf8').matchAll(
    /^\| `(.+?)` \| (\d+) \| ([\d.]+) \|$/gm,
  ),
].map(([, ...cells]) => cells);

const noRegistry = "npm's cache lacks a dependency and the registry cannot be reached";

const scratch = mkdtempSync(join(tmpdir(), 'cppo-packages-'));
let packed: ReadonlyMap<string, PackedPackage> = new Map();
beforeAll(() => {
  packed = packAll(scratch);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe.each(workspaces())('$manifest.name', ({ manifest }) => {
  const { name, version } = manifest;
  const thePackage = (): PackedPackage => packed.get(name) as PackedPackage;
  const modules = () => thePackage().files.filter((file) => file.endsWith('.js'));
  const declarations = () => thePackage().files.filter((file) => file.endsWith('.d.ts'));
  const mentionsIn = (files: readonly string[]) =>
    files.map((file) => mentions(file, packedText(thePackage(), file)));

  test('is packed with what a reader needs and nothing of the machine that built it', () => {
    const { files } = thePackage();
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'dist/index.js']),
    );
    expect(files.filter((file) => /\.test\.|__fixtures__|\.tsbuildinfo$/.test(file))).toEqual([]);
    expect(packedText(thePackage(), 'CHANGELOG.md')).toContain(`\n## ${version}\n`);
    expect(packedText(thePackage(), 'LICENSE')).toBe(readFileSync(join(repository, 'LICENSE'), 'utf8'));
    const built = files.filter((file) => file.startsWith('dist/'));
    expect(built.filter((file) => packedText(thePackage(), file).includes(repository))).toEqual([]);
  });

  test('exports every type that its signatures name', () => {
    for (const entry of Object.values(manifest.exports)) {
      if (typeof entry === 'string') continue;
      expect(unexportedTypes(packedText(thePackage(), entry.types)), entry.types).toEqual([]);
    }
  });

  test('publint finds nothing', async () => {
    const tarball = readFileSync(thePackage().tarball);
    const { messages, pkg } = await publint({
      pack: { tarball: tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) },
    });
    // `browser` leaves out modules of other packages, which conditions of one's own exports cannot.
    const faults = messages.filter(({ code }) => code !== 'USE_EXPORTS_OR_IMPORTS_BROWSER');
    expect(faults.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  });

  test('its types resolve for ES modules, says arethetypeswrong', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(thePackage().tarball)));
    if (analysis.types === false) throw new Error(`${name} carries no type declarations.`);
    // The profile `esm-only`: import from ES modules in Node, and bundlers.
    const problems = analysis.problems.filter((problem) =>
      (['node16-esm', 'bundler'] as const).some((kind) =>
        problemAffectsResolutionKind(problem, kind, analysis),
      ),
    );
    expect(problems).toEqual([]);
  });

  test('declares every package that it imports, and no other', () => {
    const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = manifest;
    const declared = Object.keys({ ...dependencies, ...peerDependencies, ...optionalDependencies });
    const all = mentionsIn([...modules(), ...declarations()]);
    const imported = new Set(all.flatMap((each) => [...each.imported]));
    const undeclared = [...imported].filter((each) => !isBuiltin(each) && !declared.includes(each));
    expect(undeclared, 'imported but not declared').toEqual([]);

    const texts = all.flatMap((each) => [...each.texts]);
    const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
    const unused = declared.filter(
      (each) =>
        !texts.some((text) => text === each || text.startsWith(`${each}/`)) &&
        // What an optional peer is good for is said in a sentence.
        !(optional.includes(each) && texts.some((text) => text.includes(`'${each}'`))),
    );
    expect(unused, 'declared but nowhere named').toEqual([]);
  });

  test.runIf(withoutNode.includes(name))('loads without Node', () => {
    const atOnce = mentionsIn(modules()).flatMap((each) => [...each.loadedAtOnce]);
    expect(atOnce.filter((each) => isBuiltin(each))).toEqual([]);
  });

  describe('installed alone in an empty project', () => {
    const project = join(scratch, name.replace('/', '+'));
    let installed = false;
    let names: Promise<string[]> | undefined;
    const exportedNames = () => {
      names ??= importInNode(name, project);
      return names;
    };
    beforeAll(async () => {
      installed = await installAlone(name, packed, project);
    });
    afterAll(() => rm(project, { recursive: true, force: true }));

    test('is imported by plain Node', async ({ skip }) => {
      skip(!installed, noRegistry);
      const exported = await exportedNames();
      console.log(`${name}: ${exported.join(', ')}`);
      expect(exported).not.toEqual([]);
    });

    test('is required by CommonJS, and gives the same', async ({ skip }) => {
      skip(!installed, noRegistry);
      expect((await requireInNode(name, project)).toSorted()).toEqual((await exportedNames()).toSorted());
    });

    test('its types agree with what it exports', async ({ skip }) => {
      skip(!installed, noRegistry);
      const types = checkConsumer(name, project, withoutNode.includes(name) ? [] : ['node']);
      expect(types.complaints).toEqual([]);
      expect(types.names.toSorted()).toEqual((await exportedNames()).toSorted());
    });

    // Sharp and WebGPU come with a library for the platform.
    test.runIf(`${process.platform}-${process.arch}` === 'linux-x64')(
      'weighs what docs/sizes.md says',
      ({ skip }) => {
        skip(!installed, noRegistry);
        const { packages, megabytes } = installedSize(project);
        const [, ofPackages, ofMegabytes] = weights.find(([each]) => each === name) ?? [];
        const said = `| \`${name}\` | ${packages} | ${megabytes.toFixed(1)} |`;
        expect(Number(ofPackages), said).toBe(packages);
        // A rebuild may differ by some bytes.
        expect(Math.abs(Number(ofMegabytes) - megabytes), said).toBeLessThan(0.05 + 0.03 * megabytes);
      },
    );

    for (const command of Object.keys(manifest.bin ?? {})) {
      test(`its command ${command} starts`, async ({ skip }) => {
        skip(!installed, noRegistry);
        expect(await runCommand(command, ['--help'], project)).toContain(`Usage: ${command}`);
      });
    }
  });
});
