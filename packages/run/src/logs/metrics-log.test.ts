import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MetricsLog, readMetrics } from './metrics-log.js';

it('drops on resuming what the checkpoint does not know, and a line cut short', () => {
  const root = mkdtempSync(join(tmpdir(), 'cppo-metrics-'));
  const path = join(root, 'metrics.jsonl');
  const log = new MetricsLog(path, 0);
  for (const step of [1, 2, 3]) log.append({ step, reward: step / 10 });
  appendFileSync(path, '{"step":4,"rew');
  expect(readMetrics(path)).toHaveLength(3);
  new MetricsLog(path, 2).append({ step: 3, reward: 9 });
  expect(readMetrics(path)).toEqual([
    { step: 1, reward: 0.1 },
    { step: 2, reward: 0.2 },
    { step: 3, reward: 9 },
  ]);
  expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
  rmSync(root, { recursive: true });
});
