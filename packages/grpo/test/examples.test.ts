import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('examples', () => {
  it('the bandit learns, in fewer than 60 lines', async () => {
    const { learn } = await import('../examples/bandit.js');
    const curve = await learn();
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(curve.slice(0, 5))).toBeLessThan(0.5);
    expect(mean(curve.slice(-5))).toBeGreaterThan(0.95);
    expect(read('examples/bandit.ts').trimEnd().split('\n').length).toBeLessThan(60);
  });

  it('README shows the example and what it prints', async () => {
    const printed: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((...parts) => {
      printed.push(
        parts
          .map((part) => (Array.isArray(part) ? `[ ${part.map((x) => `'${x}'`).join(', ')} ]` : part))
          .join(' '),
      );
    });
    try {
      await import('../examples/two-groups.js');
    } finally {
      log.mockRestore();
    }
    const [, code, output] = read('README.md').match(/```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/)!;
    expect(code).toBe(read('examples/two-groups.ts'));
    expect(`${printed.join('\n')}\n`).toBe(output);
  });
});
