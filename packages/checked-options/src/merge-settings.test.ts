import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { explainKeys, mergeSettings, type Plain } from './index.js';

function merged(...layers: readonly (readonly [string, Plain])[]) {
  const settings: Plain = {};
  const sources = new Map<string, string>();
  for (const [source, layer] of layers) mergeSettings(settings, layer, source, sources);
  return { settings, sources: Object.fromEntries(sources) };
}

describe('mergeSettings', () => {
  it('puts later layers over earlier ones, key by key, and notes where each was said', () => {
    const { settings, sources } = merged(
      ['a file', { data: { train: 'a.jsonl', seed: 1 }, steps: 3 }],
      ['--set', { data: { seed: 2 }, steps: undefined }],
    );
    expect(settings).toEqual({ data: { train: 'a.jsonl', seed: 2 }, steps: 3 });
    expect(sources).toEqual({ 'data.train': 'a file', 'data.seed': '--set', steps: 'a file' });
  });

  it('gives a component none of the options of the one that it replaces', () => {
    const { settings, sources } = merged(
      ['a file', { sampler: { name: 'noisy', share: 0.5 } }],
      ['--set', { sampler: { name: 'group' } }],
    );
    expect(settings).toEqual({ sampler: { name: 'group' } });
    expect(sources).toEqual({ 'sampler.name': '--set' });
  });

  it('keeps a key that is called __proto__, for the schema to refuse', () => {
    const { settings } = merged(['a file', JSON.parse('{"__proto__": {"steps": 3}}')]);
    expect(Object.keys(settings)).toEqual(['__proto__']);
    expect(settings.steps).toBeUndefined();
  });
});

describe('explainKeys', () => {
  const schema = z.strictObject({
    steps: z.int().describe('Optimiser steps.'),
    engine: z.strictObject({ prefer: z.enum(['auto', 'wasm']).describe('Best, or auto.') }),
    output: z.string().optional().describe('Directory.'),
  });

  it('gives a line for each key: value, description, names that it leaves out, source', () => {
    const lines = explainKeys(
      schema,
      { steps: 3, engine: { prefer: 'wasm' } },
      new Map([['steps', '--set']]),
    );
    expect(lines).toEqual([
      'steps: 3   # Optimiser steps. [--set]',
      'engine.prefer: "wasm"   # Best, or auto. One of auto, wasm. [default]',
      'output: (not set)   # Directory. [default]',
    ]);
  });
});
