import { expect, it } from 'vitest';
import { cppo } from './command.js';

it('goes on in silence when nobody reads on', async () => {
  // As in `cppo train --help | head -1`.
  const { code, stderr } = await cppo(['train', '--help'], {
    onStart: (child) => child.stdout?.destroy(),
  });
  expect(code).toBe(0);
  expect(stderr).toBe('');
});
