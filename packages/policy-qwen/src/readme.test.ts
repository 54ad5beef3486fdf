import '@tensorflow/tfjs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { QwenPolicy } from './index.js';

test('the example of the README prints what the README says', async () => {
  await tf.setBackend('cpu');
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] as string;
  const output = /```text\n([\s\S]*?)```/.exec(readme)?.[1] as string;
  const model = fileURLToPath(new URL('./files/__fixtures__/nested-bf16', import.meta.url));
  const body = code.replace(/^import .*\n/gm, '').replace("'models/tiny'", JSON.stringify(model));
  const lines: string[] = [];
  const console = { log: (...values: unknown[]) => lines.push(format(...values)) };
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction('QwenPolicy', 'console', body)(QwenPolicy, console);
  expect(`${lines.join('\n')}\n`).toBe(output);
});
