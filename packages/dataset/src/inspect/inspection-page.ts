import type { Example, Inspection } from './inspect-dataset.js';
import type { Distribution } from './tally.js';

/**
 * A page that shows an inspection: counts, what was skipped, histograms, samples with their pictures (where they were embedded). One HTML
 * file that needs no other.
 */
export function inspectionPage(inspection: Inspection): string {
  const { spec, rows, samples, images, skipped, skippedByReason, schema, sets } = inspection;
  const counts = [
    ['rows', rows],
    ['samples', samples],
    ['images', images],
    ['skipped', skipped.length],
  ] as const;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(spec)}</title>
<style>${style}</style>
<h1>${escaped(spec)}</h1>
<p class="counts">${counts.map(([name, count]) => `<span><b>${count}</b> ${name}</span>`).join('')}</p>
${section(
  'Sets',
  table(
    ['set', 'format', 'layout', 'rows', 'samples', 'weight'],
    sets.map((set) => [set.name, set.format, set.layout, set.rows, set.samples, set.weight]),
  ),
)}
${section('Columns', table(['column', 'type'], Object.entries(schema)))}
<div class="bars">
${histogram('question, characters', inspection.lengths.question)}
${histogram('answer, characters', inspection.lengths.answer)}
${histogram('image width, pixels', inspection.imageSizes.width)}
${histogram('image height, pixels', inspection.imageSizes.height)}
</div>
${section('Images', table(['images in a sample', 'samples'], Object.entries(inspection.imagesPerSample)) + table(['format', 'images'], Object.entries(inspection.imageFormats)))}
${skipped.length > 0 ? section('Skipped', table(['reason', 'rows'], Object.entries(skippedByReason)) + skippedRows(inspection)) : ''}
<h2>Samples</h2>
<div class="samples">${inspection.examples.map(sample).join('')}</div>
</html>
`;
}

const style = `
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}
body{max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.3rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin-top:2rem}
.counts span{margin-right:2rem}.counts b{font-size:1.4rem}
table{border-collapse:collapse;margin:.5rem 2rem .5rem 0;display:inline-table;vertical-align:top}
th,td{text-align:left;padding:.15rem .9rem .15rem 0;border-bottom:1px solid #8884}th{font-weight:600}
.bars{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.5rem;margin-top:1.5rem}
figure{margin:0}figcaption{font-size:.85rem}svg{width:100%;height:5rem;fill:#4a7dbd}
.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}
article{border:1px solid #8886;border-radius:.5rem;padding:.8rem}article img{max-width:100%;max-height:14rem;display:block;margin-bottom:.4rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.4rem 0}small{opacity:.7}
`;

function section(title: string, body: string): string {
  return `<h2>${title}</h2>\n${body}`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[], tag: string): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table>`;
}

function histogram(name: string, distribution: Distribution | undefined): string {
  if (!distribution) return '';
  const { histogram: bars, min, median, p95, max } = distribution;
  const tallest = Math.max(...bars.map(({ count }) => count));
  const width = 100 / bars.length;
  const drawn = bars.map(({ from, to, count }, at) => {
    const height = (count / tallest) * 100;
    return `<rect x="${at * width}" y="${100 - height}" width="${width * 0.9}" height="${height}"><title>${from} to ${to - 1}: ${count}</title></rect>`;
  });
  return `<figure><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${name}">${drawn.join('')}</svg><figcaption>${name}: ${min} to ${max}, median ${median}, 95 % at most ${p95}</figcaption></figure>`;
}

function skippedRows({ skipped }: Inspection): string {
  const shown = skipped.slice(0, 100).map(({ detail }) => `<li>${escaped(detail)}</li>`);
  const more = skipped.length > shown.length ? `<li>… and ${skipped.length - shown.length} more</li>` : '';
  return `<details><summary>Each of them</summary><ol>${shown.join('')}${more}</ol></details>`;
}

function sample({ set, row, id, question, answer, images }: Example): string {
  const pictures = images.map(({ name, address, width, height, format }) => {
    const facts = escaped(width === undefined ? name : `${name}, ${width} × ${height} ${format}`);
    return address ? `<img src="${address}" alt="${facts}" title="${facts}">` : `<small>${facts}</small>`;
  });
  return `<article>${pictures.join('')}<pre>${escaped(question)}</pre><b>${escaped(answer)}</b><br><small>${escaped(set)} row ${row}, ${escaped(id)}</small></article>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
