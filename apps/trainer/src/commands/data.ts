import { type Inspection, inspectDataset, inspectionInWords, inspectionPage } from '@cppo/dataset';
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
  console.log(options.json ? JSON.stringify(inspection, null, 2) : inspectionInWords(inspection));
}
