import { expect, it } from 'vitest';
import { contactSheet } from './contact-sheet.js';
import type { RgbImage } from './image.js';
import { invert } from './invert.js';
import { perturbationNames } from './registry.js';

const image: RgbImage = { width: 12, height: 8, data: Uint8Array.from({ length: 288 }, (_, at) => at) };

it('shows every perturbation, with as many draws as asked for, and needs nothing from outside', async () => {
  const page = await contactSheet(image, { draws: 2, title: 'A <b> & "c"' });
  const combinators = ['identity', 'oneOf', 'compose', 'sometimes'];
  for (const name of perturbationNames.filter((one) => !combinators.includes(one))) {
    expect(page).toContain(`<b>${name}</b>`);
    expect(page).toContain(`alt="${name}, draw 2"`);
  }
  expect(page).not.toContain('draw 3');
  expect(page).toContain('<h1>A &lt;b> &amp; &quot;c&quot;</h1>');
  expect([...page.matchAll(/(?:src|href)="(?!data:image\/jpeg;base64,|#)/g)]).toEqual([]);
  // Every link of the contents leads to a place on the page.
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, to]) => to);
  expect(links.length).toBeGreaterThan(10);
  for (const to of links) expect(page).toContain(`id="${to}"`);
  expect(page).toBe(await contactSheet(image, { draws: 2, title: 'A <b> & "c"' }));
});

it('draws sections of one’s own', async () => {
  const sections = [
    { title: 'Mine', rows: [{ name: 'negative', note: 'all of it', perturbation: invert() }] },
  ];
  const page = await contactSheet(image, { draws: 1, sections });
  expect(page).toContain('<h2>Mine</h2>');
  expect(page).toContain('<small>all of it</small>');
  expect(page.match(/<img /g)).toHaveLength(2);
  expect(page).not.toContain('<nav');
});
