import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { StepMetrics } from '../logs/metrics-log.js';
import fixture from './__fixtures__/tensorboard.json' with { type: 'json' };
import { fileHeader, scalarEvent, tensorBoard } from './tensorboard.js';

it("writes the bytes of TensorBoard's own writer", () => {
  const ours = Buffer.concat([
    fileHeader(1234),
    scalarEvent(1235.5, { step: 1, 'loss/total': 0.5, 'reward/mean': 0.25 }),
    scalarEvent(1534.5, { step: 300, 'loss/total': -1e-3, π: 3, unknown: Number.NaN }),
  ]);
  expect(ours.toString('base64')).toBe(fixture.file);
});

it('makes the file anew on resuming', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cppo-tensorboard-'));
  const log = (earlier: StepMetrics[], evaluated: StepMetrics[], step: StepMetrics) => {
    const logger = tensorBoard();
    logger.start({ directory, earlier, evaluated, config: {} });
    logger.step(step);
    logger.evaluation?.({ step: step.step, loss: 0 });
  };
  log([], [], { step: 1, loss: 1 });
  log([{ step: 1, loss: 1 }], [{ step: 1, loss: 0 }], { step: 2, loss: 2 });
  const [file, ...others] = readdirSync(directory);
  expect(others).toEqual([]);
  const length = fileHeader(0).length + 4 * scalarEvent(0, { step: 1, loss: 1 }).length;
  expect(readFileSync(join(directory, file!))).toHaveLength(length);
  rmSync(directory, { recursive: true });
});
