import { readFileSync } from 'node:fs';
import { perturbationNames, presetNames } from '@cppo/perturb';
import { detectors, distances, loggers, perturbations, rewards, terms } from '@cppo/training';
import type { Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../cli/program.js';
import { policies } from './policy-family.js';
import { samplers } from './samplers.js';

const documentation = readFileSync(new URL('../../../../docs/components.md', import.meta.url), 'utf8');

describe('names of components', () => {
  it.each<[string, object]>([
    ['detector', detectors],
    ['distance', distances],
    ['loss term', terms],
    ['reward', rewards({ accuracyWeight: 1, formatWeight: 0 })],
    ['sampler', samplers],
    ['policy', policies],
    ['logger', loggers],
  ])('of a %s are documented as they are', (kind, builtIn) => {
    const row = documentation.split('\n').find((line) => line.startsWith(`| ${kind} |`)) ?? '';
    const names = [...row.split('|')[3]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(names).toEqual(Object.keys(builtIn));
  });

  it('of perturbations are those of the registry', () => {
    expect(Object.keys(perturbations)).toEqual(perturbationNames);
  });

  it('of views are on the command line what the library knows, which help does not load', () => {
    const inspect = commandLine().commands.find((command) => command.name() === 'inspect')!;
    const views = inspect.options.find((option: Option) => option.long === '--views')!;
    expect(views.argChoices).toEqual(presetNames);
  });
});
