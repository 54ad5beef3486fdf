import type { TaskSample } from '../tasks/sample.js';

/** Light and dark by the reader's setting, from a phone to a wide screen; looks as the other pages of cppo do. */
const style = `
:root{color-scheme:light dark;--ink:#16181b;--soft:#57606a;--paper:#fafaf9;--panel:#fff;--sunk:#f1f2f3;--rule:#dfe2e5;--line:#0b5fce;--seen:#ffe08a;--shadow:0 1px 2px rgb(0 0 0/.06)}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebee;--soft:#a3acb6;--paper:#0f1113;--panel:#17191d;--sunk:#1f2327;--rule:#2e3338;--line:#7cb3ff;--seen:#7a5c00;--shadow:none}}
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
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:.8rem}
article{background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:1rem 1.15rem;box-shadow:var(--shadow);overflow-wrap:anywhere;min-width:0}
img{display:block;width:100%;height:13rem;object-fit:contain;image-rendering:pixelated;margin-bottom:.6rem}
code{font:.9rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
article .soft{font-size:.85rem}
mark{background:var(--seen);color:inherit;border-radius:3px;padding:0 2px}
@media(max-width:36rem){main{padding:1.4rem 1rem 4rem}h1{font-size:1.4rem}}
`.replaceAll('\n', '');

/**
 * Renders a page of samples: picture, question, and the reference reply with the characters that come from
 * the picture highlighted.
 *
 * @param samples of tasks.
 * @param title heading of the page.
 * @returns self-contained HTML with the pictures inside.
 */
export async function sheet(samples: readonly TaskSample[], title = 'Visual tasks'): Promise<string> {
  const groups = new Map<string, TaskSample[]>();
  for (const sample of samples) {
    const key = `${sample.task}, ${sample.split}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  const sections = await Promise.all(
    [...groups].map(async ([name, members]) => {
      const cards = await Promise.all(members.map(card));
      return `<section id="${anchor(name)}">\n<h2>${escaped(name)}</h2>\n<div class="samples">\n${cards.join('\n')}\n</div>\n</section>`;
    }),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">cppo bench sheet</p>
<h1>${escaped(title)}</h1>
<p class="soft">${samples.length} samples. <mark>Highlighted</mark>: read off the picture; the rest follows from the question or by reasoning.</p>
</header>
${groups.size > 2 ? contents([...groups.keys()]) : ''}
${sections.join('\n')}
</main>
</body>
</html>
`;
}

/** Links to what a long page holds. */
function contents(names: readonly string[]): string {
  const links = names.map((name) => `<a href="#${anchor(name)}">${escaped(name)}</a>`);
  return `<nav class="contents" aria-label="Contents">${links.join('')}</nav>`;
}

const anchor = (name: string): string => escaped(name.replaceAll(/[\s,]+/g, '-'));

async function card({ id, question, reference, perception, difficulty, image }: TaskSample): Promise<string> {
  const bytes = await image.png();
  return `<article>
<img src="data:image/png;base64,${base64(bytes)}" width="${image.width}" height="${image.height}" alt="${escaped(id)}">
<p>${escaped(question)}</p>
<p><code>${highlighted(reference, perception)}</code></p>
<p class="soft">${escaped(id)} · difficulty ${difficulty} · ${image.width}×${image.height}</p>
</article>`;
}

function highlighted(text: string, spans: readonly (readonly [number, number])[]): string {
  let at = 0;
  let html = '';
  for (const [start, end] of spans) {
    html += `${escaped(text.slice(at, start))}<mark>${escaped(text.slice(start, end))}</mark>`;
    at = end;
  }
  return html + escaped(text.slice(at));
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

// btoa takes characters, and a spread of all bytes at once would overflow the stack.
function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary);
}
