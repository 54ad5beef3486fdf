import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { serveChat } from './serve-chat.js';

it("the README's example prints what it says", async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const [, printed = ''] = /```text\n(.*?)```/s.exec(readme) ?? [];
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const body = code.replace(/^import .*\n/m, '');
  await new Function('serveChat', `return (async () => {${body}})()`)(serveChat);
  expect(`${log.mock.calls.join('\n')}\n`).toBe(printed);
  log.mockRestore();
});
