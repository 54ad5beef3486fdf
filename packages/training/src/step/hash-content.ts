import { createHash } from 'node:crypto';

/** A hash of everything that an encoded prompt holds: numbers, texts, and the bytes of its arrays. */
export function hashContent(value: object): string {
  const hash = createHash('sha256');
  const add = (each: unknown): void => {
    if (ArrayBuffer.isView(each)) {
      hash.update(`${each.byteLength}:`);
      hash.update(new Uint8Array(each.buffer, each.byteOffset, each.byteLength));
    } else if (typeof each === 'object' && each !== null) {
      hash.update('{');
      for (const [name, part] of Object.entries(each)) {
        hash.update(`${name}=`);
        add(part);
      }
      hash.update('}');
    } else hash.update(`${typeof each} ${String(each)};`);
  };
  add(value);
  return hash.digest('base64');
}
