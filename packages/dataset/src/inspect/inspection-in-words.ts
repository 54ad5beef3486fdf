import type { Example, Inspection } from './inspect-dataset.js';

/**
 * What is in a data set, for a terminal: counts, sets with their columns, ranges and three examples.
 *
 * @param inspection as `inspectDataset` gives it.
 * @returns lines without a newline at the end.
 * @example
 * const file = join(folder, 'told.jsonl');
 * writeFileSync(file, '{"question": "1 + 1?", "answer": "2"}');
 * inspectionInWords(await inspectDataset(file, { images: 'optional' })).split('\n')[0]; // '1 usable samples of 1 rows, 0 images'
 */
export function inspectionInWords(inspection: Inspection): string {
  const { rows, samples, images, sets, skippedByReason, lengths, imageSizes, imageFormats, examples } =
    inspection;
  const range = (
    name: string,
    unit: string,
    found: { min: number; mean: number; max: number } | undefined,
  ) =>
    found === undefined
      ? []
      : [`${name.padEnd(12)} ${found.min} to ${found.max} ${unit}, ${found.mean.toFixed(1)} on average`];
  return [
    `${samples} usable samples of ${rows} rows, ${images} images`,
    ...sets.flatMap(({ name, format, layout, weight, schema }) => [
      `${name}: ${format}, layout ${layout}${sets.length > 1 ? `, weight ${weight}` : ''}`,
      ...Object.entries(schema).map(([column, type]) => `  ${column}: ${type}`),
    ]),
    ...Object.entries(skippedByReason).map(([reason, count]) => `skipped      ${count} × ${reason}`),
    ...range('question', 'characters', lengths.question),
    ...range('answer', 'characters', lengths.answer),
    ...range('width', 'pixels', imageSizes.width),
    ...range('height', 'pixels', imageSizes.height),
    ...Object.entries(imageFormats).map(([format, count]) => `format       ${format}: ${count}`),
    ...examples
      .slice(0, 3)
      .map((example) => `example      ${conversation(example)} → ${JSON.stringify(example.answer)}`),
  ].join('\n');
}

/** The question, or all turns of its conversation. */
function conversation({ question, turns }: Example): string {
  if (turns === undefined) return JSON.stringify(question);
  return turns.map(({ role, text }) => `${role} ${JSON.stringify(text)}`).join(', ');
}
