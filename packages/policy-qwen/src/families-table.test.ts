import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { families } from './families/index.js';

test('docs/families.md says of every family what its design says', () => {
  const page = readFileSync(new URL('../../../docs/families.md', import.meta.url), 'utf8');
  const said = page.split('\n').flatMap((line) => {
    const [, name, ...cells] = line.split('|').map((cell) => cell.trim());
    return name !== undefined && cells.length === families.length + 1 ? [[name, ...cells.slice(0, -1)]] : [];
  });
  const row = (name: string, of: (family: (typeof families)[number]) => string | boolean) => [
    name,
    ...families.map((family) => ({ true: 'yes', false: 'no' })[`${of(family)}`] ?? `${of(family)}`),
  ];
  expect(said).toEqual([
    row('', ({ name }) => name),
    ['---', '---', '---', '---'],
    row('`model_type`', ({ modelType }) => modelType),
    row('biases of q, k, v', ({ text }) => text.biases),
    row('query and key norms', ({ text }) => text.headNorms),
    row('rotary frequencies', ({ text }) => text.rotary),
    row('vision norms', ({ vision }) => vision.norm),
    row('vision MLP', ({ vision }) => vision.mlp),
    row('attention windows', ({ vision }) => vision.windows),
    row('bias of the patch embedding', ({ vision }) => vision.patchBias),
    row('learned positions', ({ vision }) => vision.learnedPositions),
    row('deep features', ({ vision }) => vision.deepFeatures),
    row('tensor names', ({ tensorNames }) => tensorNames),
    row('default system turn', ({ defaultSystem }) => defaultSystem !== undefined),
  ]);
});
