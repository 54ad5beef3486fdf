import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRepository, repository } from './copy-of-repository.js';
import { carryOut, type Edit, editsOf } from './guide.js';

const run = promisify(execFile);
const contributing = readFileSync(join(repository, 'CONTRIBUTING.md'), 'utf8');
const perturbation = editsOf(contributing, 'Adding a perturbation');
const term = editsOf(contributing, 'Adding a loss term');

let copy: string;
beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'cppo-guides-'));
  copyRepository(copy);
  for (const edit of [...perturbation, ...term]) carryOut(copy, edit);
  for (const workspace of ['packages/perturb', 'packages/grpo', 'packages/training', 'apps/trainer']) {
    await tool('tsup', [], workspace);
  }
});
afterAll(() => rmSync(copy, { recursive: true }));

/** A program of the copy's packages, as `npx` would run it there. */
async function tool(name: string, parameters: readonly string[], workspace = '.'): Promise<string> {
  const program = join(copy, 'node_modules', '.bin', name);
  const { stdout } = await run(program, parameters, { cwd: join(copy, workspace) }).catch((error) => {
    throw new Error(`${name} ${parameters.join(' ')}: ${error.stdout}${error.stderr}`);
  });
  return stdout;
}

const cppo = async (...parameters: string[]) =>
  (await run(process.execPath, [join(copy, 'apps/trainer/dist/cli.js'), ...parameters], { cwd: copy }))
    .stdout;

const kinds = (edits: readonly Edit[]) =>
  edits.map(({ file, where }) => `${where === 'new' ? 'new' : 'in'} ${file}`);

describe('the guides of CONTRIBUTING.md, followed to the letter', () => {
  it('are read whole', () => {
    expect(kinds(perturbation)).toEqual([
      'new packages/perturb/src/darken.ts',
      'in packages/perturb/src/registry.ts',
      'in packages/perturb/src/registry.ts',
      'in packages/perturb/src/index.ts',
      'in packages/perturb/src/contact-sheet.ts',
      'in packages/perturb/src/contact-sheet.ts',
      'in packages/perturb/README.md',
      'in packages/perturb/src/registry.test.ts',
      'new packages/perturb/src/darken.test.ts',
      'new .changeset/perturb-darken.md',
    ]);
    expect(kinds(term)).toEqual([
      'new packages/grpo/src/terms/certainty-term.ts',
      'in packages/grpo/src/index.ts',
      'in packages/training/src/built-in/terms.ts',
      'in packages/training/src/built-in/terms.ts',
      'in packages/training/src/built-in/terms.ts',
      'in docs/components.md',
      'in packages/grpo/src/terms/terms.test.ts',
      'in packages/grpo/src/terms/terms.test.ts',
      'new .changeset/grpo-certainty.md',
    ]);
  });

  it('give code that passes types, lint and the tests they name', async () => {
    const changed = [...new Set([...perturbation, ...term].map(({ file }) => file))];
    await tool('biome', ['ci', ...changed.filter((file) => file.endsWith('.ts'))]);
    await tool('tsc', ['--noEmit']);
    await tool(
      'vitest',
      ['run', 'src/darken.test.ts', 'src/registry.test.ts', 'src/properties.test.ts'],
      'packages/perturb',
    );
    await tool('vitest', ['run', 'src/contact-sheet.test.ts'], 'packages/perturb');
    await tool('vitest', ['run', 'src/terms/terms.test.ts'], 'packages/grpo');
    await tool('vitest', ['run', 'src/components/names.test.ts'], 'apps/trainer');
  });

  it('make the names known to configurations, schema and completion, and train', async () => {
    const settings = [
      'views={preserving: {name: darken, factor: 0.8}, removing: darken}',
      'objective.terms=[{name: certainty, coefficient: 0.5}]',
      ...[
        'rollout.prompts=2',
        'rollout.completions=2',
        'rollout.maxTokens=12',
        'data.eval=none',
        'output=run',
      ],
    ].flatMap((setting) => ['--set', setting]);
    expect(await cppo('config', ...settings)).toContain('"name":"certainty"');
    const schema = await cppo('config', '--schema');
    for (const name of ['darken', 'certainty']) expect(schema).toContain(`"${name}"`);
    await cppo('train', '--steps', '1', ...settings);
    const [metrics] = readFileSync(join(copy, 'run', 'metrics.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(metrics!)['loss/certainty']).toBeGreaterThan(0);
    expect(
      await cppo('views', '--image', 'docs/perception.png').then(() =>
        readFileSync(join(copy, 'views.html'), 'utf8'),
      ),
    ).toContain('id="darken"');
  });
});
