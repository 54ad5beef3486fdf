import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { engineSampler } from './engine-sampler.js';
import { standIn } from './stand-in/index.js';

it("the README's example prints what it says", async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const [, printed = ''] = /```text\n(.*?)```/s.exec(readme) ?? [];
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const body = code.replace(/^import .*\n/gm, '');
  await new Function('engineSampler', 'standIn', `return (async () => {${body}})()`)(engineSampler, standIn);
  expect(`${log.mock.calls.map((call) => call.join(' ')).join('\n')}\n`).toBe(printed);
  log.mockRestore();
});
