import { describe, expect, it } from 'vitest';
import { drawSamples } from '../tasks/draw-samples.js';
import { sheet } from './sheet.js';

describe('sheet', () => {
  it('shows each picture and marks what was seen, on one page that loads nothing', async () => {
    const samples = drawSamples({ tasks: ['digits', 'clocks'], seed: 2, count: 6 });
    const html = await sheet(samples, 'A <title>');
    expect(html).toContain('<h1>A &lt;title&gt;</h1>');
    const pictures = [...html.matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map(([, data]) =>
      Uint8Array.from(Buffer.from(data as string, 'base64')),
    );
    const drawn = await Promise.all(samples.map(({ image }) => image.png()));
    // Grouped by task: the digits come first.
    expect(pictures).toEqual([0, 2, 4, 1, 3, 5].map((i) => new Uint8Array(drawn[i] as Uint8Array)));
    const marks = [...html.matchAll(/<mark>([^<]*)<\/mark>/g)].map(([, text]) => text);
    expect(marks.slice(1)).toHaveLength(samples.reduce((sum, { perception }) => sum + perception.length, 0));
    expect(html).not.toMatch(/(?:src|href)="(?!data:|#)/);
  });

  it('has contents when it is long, every link of which leads somewhere', async () => {
    const html = await sheet(drawSamples({ tasks: ['digits', 'clocks', 'bars'], seed: 2, count: 3 }));
    const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, to]) => to);
    expect(links).toHaveLength(3);
    for (const to of links) expect(html).toContain(`id="${to}"`);
  });
});
