import { requireNames } from '@cppo/checked-options';
import { affine } from './affine.js';
import { blackSquares } from './black-squares.js';
import { encodeJpeg } from './codec.js';
import { colorJitter } from './color-jitter.js';
import { gaussianBlur } from './gaussian-blur.js';
import type { RgbImage } from './image.js';
import { invert } from './invert.js';
import { occlude } from './occlude.js';
import { patchMask } from './patch-mask.js';
import { perspective } from './perspective.js';
import type { Perturbation } from './perturbation.js';
import { posterize } from './posterize.js';
import { seededRandom } from './random.js';
import { rotate } from './rotate.js';
import { solarize } from './solarize.js';
import { verticalFlip } from './vertical-flip.js';
import { zoomCrop } from './zoom-crop.js';

export interface ContactSheetOptions {
  /** Draws of each perturbation. Default 3. */
  readonly draws?: number;
  /** What the draws are seeded with. Default 0. */
  readonly seed?: string | number;
  /** Heading. Default 'Views of one image'. */
  readonly title?: string;
  /** What is drawn, by heading and caption. Default: every perturbation of this package with its defaults. */
  readonly sections?: readonly ContactSheetSection[];
}

export interface ContactSheetSection {
  readonly title: string;
  readonly rows: readonly {
    readonly name: string;
    readonly note?: string;
    readonly perturbation: Perturbation;
  }[];
}

/**
 * One image under every perturbation, several draws of each, so that a reader can judge what removes and what preserves.
 *
 * @returns a self-contained HTML page; pictures are embedded as JPEG of quality 90.
 */
export async function contactSheet(image: RgbImage, options: ContactSheetOptions = {}): Promise<string> {
  requireNames('contactSheet', options, { draws: true, seed: true, title: true, sections: true });
  const { draws = 3, seed = 0, title = 'Views of one image', sections = everything() } = options;
  const original = await picture(image, 'original');
  const parts: string[] = [];
  for (const section of sections) {
    const rows: string[] = [];
    for (const { name, note, perturbation } of section.rows) {
      const views: string[] = [];
      for (let draw = 0; draw < draws; draw++) {
        const view = perturbation(image, seededRandom(seed, name, draw));
        views.push(await picture(view, `${name}, draw ${draw + 1}`));
      }
      const caption = `<th scope="row"><b>${escaped(name)}</b>${note ? `<small>${escaped(note)}</small>` : ''}</th>`;
      rows.push(`<tr>${caption}<td>${original}</td>${views.map((view) => `<td>${view}</td>`).join('')}</tr>`);
    }
    const numbers = Array.from({ length: draws }, (_, draw) => `<th scope="col">draw ${draw + 1}</th>`).join(
      '',
    );
    parts.push(
      `<h2>${escaped(section.title)}</h2>\n<table><thead><tr><td></td><th scope="col">original</th>${numbers}</tr></thead>\n` +
        `<tbody>${rows.join('\n')}</tbody></table>`,
    );
  }
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title><style>${style}</style></head><body>`,
    `<h1>${escaped(title)}</h1>`,
    `<p>${image.width} × ${image.height} pixels, seed ${escaped(String(seed))}.</p>`,
    ...parts,
    '</body></html>',
    '',
  ].join('\n');
}

function everything(): readonly ContactSheetSection[] {
  return [
    {
      title: 'Preserving, in CPPO',
      rows: [
        {
          name: 'colorJitter',
          note: 'brightness 0.2–1.3, contrast and saturation 0.2–1.8',
          perturbation: colorJitter(),
        },
        {
          name: 'perspective',
          note: 'distortion 0.2; always applied here, half the time in CPPO',
          perturbation: perspective({ probability: 1 }),
        },
        { name: 'rotate', note: '−10° to 10°', perturbation: rotate() },
        { name: 'gaussianBlur', note: '3 × 3, σ 1', perturbation: gaussianBlur() },
      ],
    },
    {
      title: 'Removing, in CPPO',
      rows: [
        { name: 'occlude', note: '50 rectangles of noise, about 37 % covered', perturbation: occlude() },
        { name: 'zoomCrop', note: 'a window of 60–70 % of each side', perturbation: zoomCrop() },
      ],
    },
    {
      title: 'Other removing',
      rows: [
        { name: 'patchMask', note: 'PAPO: 60 % of the cells of 14 pixels', perturbation: patchMask() },
        {
          name: 'patchMask 0.5',
          note: 'VPPO: half of the cells',
          perturbation: patchMask({ probability: 0.5 }),
        },
        { name: 'blackSquares', note: 'until 80 % is covered', perturbation: blackSquares() },
        { name: 'posterize', note: '2 bits', perturbation: posterize() },
        { name: 'solarize', note: 'from 128', perturbation: solarize() },
        { name: 'invert', perturbation: invert() },
        { name: 'affine', note: 'up to 45°, shear up to 20°', perturbation: affine() },
        { name: 'verticalFlip', perturbation: verticalFlip() },
      ],
    },
  ];
}

async function picture(image: RgbImage, description: string): Promise<string> {
  const bytes = await encodeJpeg(image);
  let binary = '';
  for (let at = 0; at < bytes.length; at += 32_768)
    binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return `<img alt="${escaped(description)}" src="data:image/jpeg;base64,${btoa(binary)}">`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

const style = `
  :root { color-scheme: light dark; --text: #1b1b1b; --ground: #fff; --muted: #595959; --line: #ddd; }
  @media (prefers-color-scheme: dark) { :root { --text: #e6e6e6; --ground: #161616; --muted: #a3a3a3; --line: #3a3a3a; } }
  body { font: 15px/1.4 system-ui, sans-serif; margin: clamp(1rem, 4vw, 2rem); color: var(--text); background: var(--ground); }
  h1 { overflow-wrap: anywhere; }
  table { border-collapse: collapse; }
  th, td { padding: 4px; vertical-align: top; text-align: left; font-weight: normal; }
  th[scope=row] { width: 11rem; }
  small { display: block; color: var(--muted); }
  img { display: block; width: 200px; max-width: 100%; height: auto; border: 1px solid var(--line); }
  @media (max-width: 60rem) {
    table, tbody { display: block; }
    thead { display: none; }
    tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); margin-bottom: 1rem; }
    th[scope=row] { grid-column: 1 / -1; width: auto; }
    img { width: 100%; }
  }
`;
