import type { TaskSample } from '../tasks/sample.js';

const style = `
:root { color-scheme: light dark; --faint: light-dark(#666, #aaa); --line: light-dark(#ddd, #444); --seen: light-dark(#ffe08a, #7a5c00); }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem; overflow-wrap: anywhere; }
img { display: block; width: 100%; height: 13rem; object-fit: contain; image-rendering: pixelated; }
p { margin: .5rem 0 0; } code { font: 13px/1.5 ui-monospace, monospace; }
.faint { color: var(--faint); font-size: 13px; } mark { background: var(--seen); color: inherit; border-radius: 3px; padding: 0 2px; }
`;

/**
 * A page of samples to look at: picture, question, and the reference reply with the characters highlighted that
 * come from the picture. Self-contained: one HTML text, pictures inside.
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
      return `<section>\n<h2>${escaped(name)}</h2>\n<div class="samples">\n${cards.join('\n')}\n</div>\n</section>`;
    }),
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p class="faint">${samples.length} samples. <mark>Highlighted</mark>: read off the picture; the rest follows from the question or by reasoning.</p>
${sections.join('\n')}
</body>
</html>
`;
}

async function card({ id, question, reference, perception, difficulty, image }: TaskSample): Promise<string> {
  const bytes = await image.png();
  return `<article>
<img src="data:image/png;base64,${base64(bytes)}" width="${image.width}" height="${image.height}" alt="${escaped(id)}">
<p>${escaped(question)}</p>
<p><code>${highlighted(reference, perception)}</code></p>
<p class="faint">${escaped(id)} · difficulty ${difficulty} · ${image.width}×${image.height}</p>
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
