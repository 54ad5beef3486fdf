import { type Example, type Inspection, inspectDataset, inspectionPage } from '@cppo/dataset';
import { decodeAndCompare, decodeImage } from '@cppo/perturb';
import { checkOutputFile, UserError, writeWholeFile } from '@cppo/run';
import { asDataUrl, decoding, HiddenDrawings, SurveyProgress, shownPicture } from '@cppo/training';
import { hubAccess } from '../hub-access.js';

/** `cppo data inspect`: what is in a data set, its pictures as a model sees them. */
export async function inspectData(
  spec: string,
  options: { json?: boolean; html?: string; check: 'decode' | 'structure' | 'none'; background?: string },
): Promise<void> {
  const { check, background } = options;
  const asSeen = decoding({ background });
  const hidden = new HiddenDrawings('--');
  const progress = new SurveyProgress(spec);
  checkOutputFile('--html', options.html);
  let inspection: Inspection;
  try {
    inspection = await inspectDataset(spec, {
      embedImages:
        options.html !== undefined &&
        (async (bytes) => asDataUrl(shownPicture(await decodeImage(bytes, asSeen)))),
      check: check === 'none' ? 'none' : 'structure',
      ...(check === 'decode' && {
        decode: async (bytes, place, name) => {
          hidden.note(place, (await decodeAndCompare(bytes, { ...asSeen, name })).hidden);
        },
      }),
      onProgress: (now) => progress.update(now),
      ...hubAccess(),
    });
  } catch (error) {
    throw new UserError((error as Error).message);
  } finally {
    progress.stop();
  }
  for (const warning of hidden.sentences()) console.error(warning);
  if (options.html !== undefined) {
    writeWholeFile(options.html, inspectionPage(inspection));
    console.error(options.html);
  }
  console.log(options.json ? JSON.stringify(inspection, null, 2) : inText(inspection));
}

function inText(inspection: Inspection): string {
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
