import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { decodeAndCompare, type RgbImage } from '@cppo/perturb';
import { UserError } from '@cppo/run';
import type { PictureSettings } from '../contract/showing.js';
import { decoding } from '../prompts/pictures.js';
import { HiddenDrawings } from '../samples/hidden-drawings.js';

/**
 * Reads and decodes the pictures of a command; warns on the error stream of drawings that transparency hides.
 *
 * @param files    paths of the pictures.
 * @param settings what stands in for transparency.
 * @param options  `warn: false` for a look ahead that says nothing.
 * @returns the pictures in the order of the files.
 * @throws UserError naming the file that is no picture.
 */
export async function readPictures(
  files: readonly string[],
  settings: PictureSettings = {},
  { warn = true }: { readonly warn?: boolean } = {},
): Promise<RgbImage[]> {
  const hidden = new HiddenDrawings('--');
  const images = await Promise.all(
    files.map(async (file) => {
      if (!existsSync(file)) throw new UserError(`--image: there is no file ${file}.`);
      if (statSync(file).isDirectory())
        throw new UserError(`--image: found the directory ${file}, expected a picture.`);
      try {
        const seen = await decodeAndCompare(await readFile(file), { ...decoding(settings), name: file });
        hidden.note(file, seen.hidden);
        return seen.image;
      } catch (error) {
        throw new UserError(`--image: ${file}: ${(error as Error).message}`);
      }
    }),
  );
  if (warn) for (const warning of hidden.sentences()) console.error(warning);
  return images;
}
