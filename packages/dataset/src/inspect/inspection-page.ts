import type { Example, Inspection } from './inspect-dataset.js';
import { style } from './page-style.js';
import type { Distribution } from './tally.js';

/**
 * Renders an inspection as one self-contained HTML file: counts, skipped rows, histograms, samples with their
 * pictures (where they were embedded).
 *
 * @param inspection what `inspectDataset` found.
 * @returns the text of the file.
 * @example
 * const file = join(folder, 'shown.jsonl');
 * writeFileSync(file, '{"question": "2 + 2?", "answer": "4"}\n');
 * inspectionPage(await inspectDataset(file, { images: 'optional' })).includes('2 + 2?'); // true
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
<main>
<p class="soft">data set</p>
<h1>${escaped(spec)}</h1>
<dl class="headline">${counts.map(([name, count]) => `<div class="tile"><dt>${name}</dt><dd>${count}</dd></div>`).join('')}</dl>
${section(
  'Sets',
  table(
    ['set', 'format', 'layout', 'rows', 'samples', 'weight'],
    sets.map((set) => [set.name, set.format, set.layout, set.rows, set.samples, set.weight]),
  ),
)}
${section('Columns', table(['column', 'type'], Object.entries(schema)))}
${section('Lengths and sizes', `<div class="charts">${histograms(inspection)}</div>`)}
${section('Images', `<div class="pair">${table(['images in a sample', 'samples'], Object.entries(inspection.imagesPerSample))}${table(['format', 'images'], Object.entries(inspection.imageFormats))}</div>`)}
${skipped.length > 0 ? section('Skipped', table(['reason', 'rows'], Object.entries(skippedByReason)) + skippedRows(inspection)) : ''}
${section('Samples', `<div class="samples">${inspection.examples.map(sample).join('')}</div>`)}
</main>
</html>
`;
}

function section(title: string, body: string): string {
  return `<section><h2>${title}</h2>\n${body}</section>`;
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const numbers = head.map((_, at) => rows.every((row) => typeof row[at] === 'number'));
  const line = (cells: readonly (string | number)[], tag: string): string =>
    `<tr>${cells.map((cell, at) => `<${tag}${numbers[at] ? ' class="number"' : ''}>${escaped(String(cell))}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('');
  return `<div class="wide" tabindex="0"><table><thead>${line(head, 'th')}</thead><tbody>${body}</tbody></table></div>`;
}

function histograms({ lengths, imageSizes }: Inspection): string {
  return [
    histogram('question, characters', lengths.question),
    histogram('answer, characters', lengths.answer),
    histogram('image width, pixels', imageSizes.width),
    histogram('image height, pixels', imageSizes.height),
  ].join('');
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
  return `<figure class="chart"><figcaption>${name}</figcaption><svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="histogram of ${name}">${drawn.join('')}</svg><p class="ends"><span>${min}</span><span>${max}</span></p><p class="soft">median ${median}, 95 % at most ${p95}</p></figure>`;
}

function skippedRows({ skipped }: Inspection): string {
  const shown = skipped.slice(0, 100).map(({ detail }) => `<li>${escaped(detail)}</li>`);
  const more = skipped.length > shown.length ? `<li>… and ${skipped.length - shown.length} more</li>` : '';
  return `<details><summary>Each of them</summary><ol>${shown.join('')}${more}</ol></details>`;
}

function sample({ place, id, question, turns, answer, images }: Example): string {
  const pictures = images.map(({ name, address, width, height, format }) => {
    const facts = escaped(width === undefined ? name : `${name}, ${width} × ${height} ${format}`);
    return address
      ? `<img src="${address}" alt="${facts}" title="${facts}">`
      : `<p class="soft">${facts}</p>`;
  });
  const said = (turns ?? [{ role: 'user', text: question }])
    .map(
      ({ role, text }) =>
        `<p class="question">${turns === undefined ? '' : `<span class="soft">${role}:</span> `}${escaped(text)}</p>`,
    )
    .join('');
  return `<article>${pictures.join('')}${said}<p class="answer">${escaped(answer)}</p><p class="soft">${escaped(place.endsWith(id) ? id : `${place.replace(/^.*[\\/]/, '')}, ${id}`)}</p></article>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
