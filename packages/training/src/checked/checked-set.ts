import { shown } from '@cppo/checked-options';
import type { Sample } from '@cppo/dataset';
import type { SampleSet } from '../samples/source.js';
import type { Blame } from './blame.js';
import { aKind } from './kinds.js';

/**
 * Wraps a custom data set so that malformed samples are reported as its error.
 *
 * @param set a data set.
 * @param blame names its module in messages.
 * @returns the same set; reading rejects with a ModuleError.
 */
export function checkedSet(set: SampleSet, blame: Blame): SampleSet {
  return {
    ...(set.name === undefined ? {} : { name: set.name }),
    length: set.length,
    async read(index) {
      const who = `read(${index})`;
      const sample: unknown = await blame.later(who, () => set.read(index));
      const { id, question, answer, images } = (sample ?? {}) as Record<string, unknown>;
      if (typeof sample !== 'object' || sample === null || Array.isArray(sample)) {
        throw blame.wrong(who, aKind(sample), 'a sample {id, question, answer, images}');
      }
      for (const [name, value] of Object.entries({ id, question, answer })) {
        if (typeof value !== 'string') throw blame.wrong(who, `${name} ${shown(value)}`, 'a text');
      }
      if (!Array.isArray(images)) {
        throw blame.wrong(who, `images ${shown(images)}`, 'a list of pictures, empty where there are none');
      }
      return {
        ...(sample as Sample),
        images: images.map((image, at) => checkedImage(image, at, who, blame)),
      };
    },
    close: () => blame.later('close()', () => set.close?.()),
  };
}

function checkedImage(image: unknown, at: number, who: string, blame: Blame): Sample['images'][number] {
  const { name, bytes } = (image ?? {}) as { name?: unknown; bytes?: unknown };
  if (typeof bytes !== 'function') {
    const found = typeof image === 'object' ? aKind(image) : shown(image);
    throw blame.wrong(
      who,
      `images[${at}] ${found}`,
      "{name, bytes()}, where bytes() gives the encoded file, such as () => readFile('a.png')",
    );
  }
  const title = typeof name === 'string' ? name : `images[${at}]`;
  return {
    name: title,
    bytes: async () => {
      const found: unknown = await blame.later(`bytes() of ${title}`, () => bytes.call(image) as unknown);
      if (found instanceof Uint8Array) return found;
      throw blame.wrong(`bytes() of ${title}`, aKind(found), 'a Uint8Array with a PNG, JPEG, … file');
    },
  };
}
