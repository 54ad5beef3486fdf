import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    await expect(loadConfig({ preset })).resolves.toBeDefined();
  });

  it.each([
    [['rollout.promts=4'], 'rollout.promts: unknown key. Did you mean rollout.prompts?'],
    [['stesp=4'], 'stesp: unknown key. Did you mean steps?'],
    [['steps=0'], 'steps: found 0, expected a number above 0.'],
    [['steps=many'], 'steps: found "many", expected a number.'],
    [['objective.type=ppo'], 'objective.type: found "ppo", expected one of cppo, grpo, papo, vppo.'],
    [['objective.cppo.ratio=2'], 'objective.cppo.ratio: found 2, expected a number of at most 1.'],
    [['rollout=4'], 'rollout: found 4, expected an object.'],
    [['nothing'], '--set: found "nothing", expected key=value.'],
  ])('%s is refused in one sentence', async (set, message) => {
    await expect(loadConfig({ set })).rejects.toThrow(message);
  });

  it('names the file of a wrong value', async () => {
    const path = file('d.yaml', 'optimizer: { learningRate: -1 }');
    await expect(loadConfig({ config: path })).rejects.toThrow(
      `optimizer.learningRate (${path}): found -1, expected a number above 0.`,
    );
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
