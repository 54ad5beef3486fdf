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
import { shrink } from './shrink.js';
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
  /** Called after each view. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
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
 * Draws one image under every perturbation, several times each, so that a reader can judge what preserves and
 * what removes.
 *
 * @param image RGB pixels.
 * @param options draws, seed, title and the perturbations; all of this package by default.
 * @returns a self-contained HTML page; pictures are embedded as JPEG of quality 90, shrunk to 512 pixels a
 *   side.
 * @throws RangeError when an option is unknown or out of range.
 * @example
 * const image = { width: 1, height: 1, data: Uint8Array.of(0, 100, 255) };
 * const page = await contactSheet(image, { draws: 1, title: 'One pixel' });
 * page.includes('<title>One pixel</title>'); // true
 */
export async function contactSheet(image: RgbImage, options: ContactSheetOptions = {}): Promise<string> {
  requireNames('contactSheet', options, {
    ...{ draws: true, seed: true, title: true, sections: true, onProgress: true },
  });
  const { draws = 3, seed = 0, title = 'Views of one image', sections = everything(), onProgress } = options;
  const total = draws * sections.reduce((sum, { rows }) => sum + rows.length, 0);
  let done = 0;
  const original = await figure(image, 'original', 'original');
  const parts: string[] = [];
  for (const section of sections) {
    const rows: string[] = [];
    for (const { name, note, perturbation } of section.rows) {
      const views: string[] = [];
      for (let draw = 0; draw < draws; draw++) {
        const view = perturbation(image, seededRandom(seed, name, draw));
        views.push(await figure(view, `${name}, draw ${draw + 1}`, `draw ${draw + 1}`));
        onProgress?.({ done: ++done, total });
      }
      const small = note ? ` <small>${escaped(note)}</small>` : '';
      rows.push(
        `<article id="${anchor(name)}"><h3><b>${escaped(name)}</b>${small}</h3><div class="pictures">${original}${views.join('')}</div></article>`,
      );
    }
    parts.push(`<section><h2>${escaped(section.title)}</h2>\n${rows.join('\n')}</section>`);
  }
  const names = sections.flatMap(({ rows }) => rows.map(({ name }) => name));
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${escaped(title)}</title><style>${style}</style></head><body><main>`,
    '<header><p class="eyebrow">cppo views</p>',
    `<h1>${escaped(title)}</h1>`,
    `<p class="soft">${image.width} × ${image.height} pixels, seed ${escaped(String(seed))}, ${draws === 1 ? '1 draw' : `${draws} draws`} of each</p></header>`,
    names.length > 3 ? contents(names) : '',
    ...parts,
    '</main></body></html>',
    '',
  ].join('\n');
}

/** Links to what a long page holds. */
function contents(names: readonly string[]): string {
  const links = names.map((name) => `<a href="#${anchor(name)}">${escaped(name)}</a>`);
  return `<nav class="contents" aria-label="Contents">${links.join('')}</nav>`;
}

function anchor(name: string): string {
  return escaped(name.replaceAll(/\s+/g, '-'));
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

/** More than twice what the page gives a picture. */
const largestSide = 512;

async function figure(image: RgbImage, description: string, caption: string): Promise<string> {
  const bytes = await encodeJpeg(shrink(image, largestSide));
  let binary = '';
  for (let at = 0; at < bytes.length; at += 32_768)
    binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return `<figure><img alt="${escaped(description)}" src="data:image/jpeg;base64,${btoa(binary)}"><figcaption>${escaped(caption)}</figcaption></figure>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** Light and dark by the reader's setting, from a phone to a wide screen; looks as the other pages of cppo do. */
const style = `
:root{color-scheme:light dark;--ink:#16181b;--soft:#57606a;--paper:#fafaf9;--panel:#fff;--sunk:#f1f2f3;--rule:#dfe2e5;--line:#0b5fce;--shadow:0 1px 2px rgb(0 0 0/.06)}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebee;--soft:#a3acb6;--paper:#0f1113;--panel:#17191d;--sunk:#1f2327;--rule:#2e3338;--line:#7cb3ff;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:74rem;margin:0 auto;padding:2.2rem 1.25rem 5rem}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;margin:0;overflow-wrap:anywhere}
h2{font-size:1.15rem;letter-spacing:-.01em;margin:0 0 .8rem}
p{margin:.35rem 0}
.soft,.eyebrow{color:var(--soft);overflow-wrap:anywhere}
.eyebrow{font-size:.8rem;letter-spacing:.02em;margin:0 0 .15rem}
section{margin-top:2.8rem}
a{color:var(--line)}
:focus-visible{outline:2px solid var(--line);outline-offset:2px}
.contents{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:1.2rem 0 0;padding:.7rem 1rem;background:var(--sunk);border-radius:10px}
h3{font-size:1rem;font-weight:400;margin:0}
article{background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:.8rem 1.15rem;margin-top:.8rem;box-shadow:var(--shadow)}
article:target{border-color:var(--line)}
small{color:var(--soft);margin-left:.6rem}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(45%,9rem),1fr));gap:.8rem;margin:.6rem 0 .2rem}
figure{margin:0;min-width:0}
img{display:block;width:100%;max-height:22rem;object-fit:contain;object-position:left top;border-radius:6px}
figcaption{font-size:.82rem;color:var(--soft);margin-top:.25rem}
@media(max-width:36rem){main{padding:1.4rem 1rem 4rem}h1{font-size:1.4rem}article{padding:.7rem .8rem}.pictures{gap:.5rem}}
`.replaceAll('\n', '');
