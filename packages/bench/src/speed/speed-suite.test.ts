import { expect, it } from 'vitest';
import { speedSuite } from './speed-suite.js';

const models = { model: 'nowhere', tinyModel: 'nowhere' };

it('refuses a suite that there is not', async () => {
  await expect(speedSuite('sped', models, () => {})).rejects.toThrow(
    '--suite: found sped, expected one of engine, size, perturb, step.',
  );
});

it('hands each suite what concerns it', async () => {
  const attempt = (suite: string, choice: object) => speedSuite(suite, { ...models, ...choice }, () => {});
  await expect(attempt('engine', { engine: 'none' })).rejects.toThrow('--engine: found none');
  await expect(attempt('size', {})).rejects.toThrow('--model: there is no config.json in nowhere');
  await expect(attempt('size', { weights: ['int3'] })).rejects.toThrow('--weights: found int3');
  await expect(attempt('step', { configuration: ['huge'] })).rejects.toThrow('--configuration: found huge');
  await expect(attempt('perturb', { python: 'no-python' })).rejects.toThrow(
    '--python: no-python is not there',
  );
});
