import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '@cppo/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig, validate } from './load.js';
import { presets } from './presets.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'cppo-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('loadConfig', () => {
  it('has a default for every key', async () => {
    const { config, sources } = await loadConfig({});
    expect(config.objective.type).toBe('cppo');
    expect(config.objective.cppo).toMatchObject({ ratio: 0.5, tau: 0.1, distance: 'k3', gate: 'advantage' });
    expect(sources.size).toBe(0);
  });

  it('lets the file override the preset and --set override both', async () => {
    const yaml = file('a.yaml', 'seed: 7\nrollout:\n  prompts: 3\n  completions: 5\n');
    const { config, sources } = await loadConfig({
      preset: 'authors-virl39k',
      config: yaml,
      set: ['rollout.prompts=4', 'objective.cppo.coefficient=0.5'],
    });
    expect(config.rollout).toMatchObject({ prompts: 4, completions: 5, maxTokens: 4096 });
    expect(config.seed).toBe(7);
    expect(config.objective.cppo.coefficient).toBe(0.5);
    expect(sources.get('rollout.prompts')).toBe('--set rollout.prompts=4');
    expect(sources.get('rollout.completions')).toBe(yaml);
    expect(sources.get('rollout.maxTokens')).toBe('preset authors-virl39k');
  });

  it('reads TypeScript', async () => {
    const path = file(
      'c.ts',
      'const seed: number = 11;\nexport default { seed, rollout: { prompts: 2 } };\n',
    );
    expect((await loadConfig({ config: path })).config).toMatchObject({ seed: 11, rollout: { prompts: 2 } });
  });

  it.each(Object.keys(presets))('preset %s is valid', async (preset) => {
    const { config } = await loadConfig({ preset });
    expect(config).toMatchObject(presets[preset]!);
  });

  it.each([
    [['rollout.promts=4'], 'rollout.promts: unknown key. Did you mean rollout.prompts?'],
    [['stesp=4'], 'stesp: unknown key. Did you mean steps?'],
    [['steps=0'], 'steps: found 0, expected a number above 0.'],
    [['steps=many'], 'steps: found "many", expected a number.'],
    [['objective.type=ppo'], 'objective.type: found "ppo", expected one of cppo, grpo, papo, vppo.'],
    [['objective.cppo.ratio=2'], 'objective.cppo.ratio: found 2, expected a number of at most 1.'],
    [
      ['objective.cppo.detector=shift', 'objective.cppo.score=absolute'],
      'objective.cppo.score: found "absolute", expected nothing where objective.cppo.detector is shift.',
    ],
    [['rollout=4'], 'rollout: found 4, expected an object.'],
    [['rollout.prompts=.nan'], 'rollout.prompts: found NaN, expected a number.'],
    [['rollout.prompts=2.5'], 'rollout.prompts: found 2.5, expected a whole number.'],
    [['loggers=tensorboard'], 'loggers: found "tensorboard", expected a list.'],
    [['freezeVision=maybe'], 'freezeVision: found "maybe", expected true or false.'],
    [['lora.rnak=3'], 'lora.rnak: unknown key. Did you mean lora.rank?'],
    [['__proto__.seed=3'], '__proto__: unknown key.'],
    [['a..b=3'], '--set: found "a..b=3", expected key=value.'],
    [['preset=tiny'], 'expected --preset for a preset.'],
    [['views=cppoVerli'], 'views: found "cppoVerli", expected one of auto, cppoVerl'],
    [
      ['views={preservin: rotate, removing: occlude}'],
      'views.preservin: unknown key. Did you mean views.preserving?',
    ],
    [
      ['views={preserving: rotat, removing: occlude}'],
      'views.preserving: found "rotat", expected one of identity',
    ],
    [['views={preserving: rotate, removing: []}'], 'views.removing: found [], expected at least 1 of them.'],
    [
      ['reward.function=boxd'],
      'reward.function: found "boxd", expected one of boxed, judge, vision-sr1, or a path to a module such as ./my-reward.ts.',
    ],
    [['reward.function=my-reward.ts'], 'or a path to a module such as ./my-reward.ts.'],
    [['reward.function={modul: ./x.ts}'], 'expected one of boxed, judge, vision-sr1, or a path to a module'],
    [['reward.function={name: boxed, module: ./x.ts}'], 'expected either a name or a module.'],
    [['nothing'], '--set: found "nothing", expected key=value.'],
    [['evaluation.patience=2'], 'evaluation.patience: found 2, expected 0 where evaluation.every is 0'],
    [['checkpoint.best=true'], 'checkpoint.best: found true, expected false where evaluation.every is 0'],
    [
      ['evaluation.every=5', 'data.eval=none'],
      'evaluation.every: found 5, expected 0 where data.eval is none',
    ],
  ])('%s is refused in one sentence', async (set, message) => {
    await expect(loadConfig({ set })).rejects.toThrow(message);
  });

  it('names the file of a wrong value', async () => {
    const path = file('d.yaml', 'optimizer: { learningRate: -1 }');
    await expect(loadConfig({ config: path })).rejects.toThrow(
      `optimizer.learningRate (${path}): found -1, expected a number above 0.`,
    );
  });

  it.each([
    ['twice.yaml', 'seed: 1\nseed: 2\n', ':2:1: found the key seed again, expected each key once.'],
    ['tab.yaml', 'rollout:\n\tprompts: 3\n', ':2:1: found a tab, expected spaces.'],
    ['two.yaml', 'seed: 1\n---\nseed: 2\n', 'found a second document, expected one.'],
    ['circle.yaml', 'a: &a [*a]\n', 'found an alias inside what it stands for'],
    ['open.json', '{"seed": 1', ':1:'],
    ['function.ts', 'export default () => ({});', 'found a function, expected an object of settings.'],
    ['syntax.ts', 'export default {', ': '],
    ['empty.yaml', '', 'found nothing, expected an object of settings.'],
    ['nested.json', '{"objective": {"cppo": {"distnace": "k1"}}}', 'Did you mean objective.cppo.distance?'],
  ])('%s is refused in one sentence', async (name, content, part) => {
    const path = file(name, content);
    const error = await loadConfig({ config: path }).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(part);
    expect((error as Error).message).toContain(path);
    expect((error as Error).message).not.toContain('\n');
  });

  it('takes paths to modules from the folder of the file, and from here in an assignment', async () => {
    const path = file(
      'modules.yaml',
      'reward: { function: ./r.ts }\nobjective: { terms: [{ module: ../t.mjs }] }\n',
    );
    const { config } = await loadConfig({ config: path, set: ['policy=./p.ts'] });
    expect(config.reward.function).toBe(join(directory, 'r.ts'));
    expect(config.objective.terms).toEqual([{ module: join(directory, '..', 't.mjs') }]);
    expect(config.policy).toBe(resolve('p.ts'));
  });

  it('hands no option of a component to the one that replaces it', async () => {
    const path = file('noisy.yaml', 'rollout: { sampler: { name: noisy, share: 0.25 } }');
    const changed = await loadConfig({ config: path, set: ['rollout.sampler.strength=100'] });
    expect(changed.config.rollout.sampler).toEqual({ name: 'noisy', share: 0.25, strength: 100 });
    const replaced = await loadConfig({ config: path, set: ['rollout.sampler={module: ./s.ts}'] });
    expect(replaced.config.rollout.sampler).toEqual({ module: resolve('s.ts') });
    expect([...replaced.sources.keys()]).toEqual(['rollout.sampler.module']);
  });

  it('refuses a missing file, a list and an unknown preset', async () => {
    await expect(loadConfig({ config: join(directory, 'none.yaml') })).rejects.toThrow('there is no file');
    await expect(loadConfig({ config: file('e.yaml', '- 1') })).rejects.toThrow(
      'found a list, expected an object',
    );
    await expect(loadConfig({ preset: 'huge' })).rejects.toThrow(
      'preset: found "huge", expected one of tiny',
    );
  });

  it('accepts again what it resolved', async () => {
    const { config } = await loadConfig({ set: ['lora={rank: 4}', 'engine.threads=1'] });
    expect(validate(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });
});
