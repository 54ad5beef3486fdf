import { messageOf } from '../message-of.js';
import { type ImageHeader, isCutOff, readImageHeader } from './image-header.js';
import { reasonOf, type StoredImage } from './stored-image.js';

/** How closely pictures are checked before a run starts. */
export type ImageCheck =
  /** Not at all. */
  | 'none'
  /** Header and end marker: missing files, other files and cut-off ones are found, without decoding. */
  | 'structure';

export type ImageFinding =
  | { readonly header: ImageHeader; readonly bytes: number; readonly fault?: undefined }
  | {
      readonly fault: 'missing image' | 'undecodable image';
      readonly found: string;
      readonly header?: undefined;
    };

/** Reads a picture's header and looks for its end marker. */
export async function checkImage(image: StoredImage): Promise<ImageFinding> {
  let ends: Awaited<ReturnType<StoredImage['ends']>>;
  try {
    ends = await image.ends();
  } catch (error) {
    const reason = reasonOf(error);
    return {
      fault: reason === 'no such file' ? 'missing image' : 'undecodable image',
      found: `"${image.name}": ${reason}`,
    };
  }
  try {
    const header = readImageHeader(ends.head);
    if (isCutOff(header.format, ends.tail)) {
      return {
        fault: 'undecodable image',
        found: `"${image.name}": ${header.format} data cut off at ${ends.length} bytes`,
      };
    }
    return { header, bytes: ends.length };
  } catch (error) {
    const found = messageOf(error)
      .replace(/^.*?found /, '')
      .replace(/; expected.*$/, '');
    return { fault: 'undecodable image', found: `"${image.name}": ${found}` };
  }
}
