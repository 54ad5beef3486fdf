import type { Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

type Decompress = NonNullable<Compressors['LZ4']>;

/** hyparquet-compressors 1.1 fails on the page of a column of nulls, which holds no byte: it looks for a match in it. */
function unlessEmpty(decompress: Decompress): Decompress {
  return (input, length) => (length === 0 ? new Uint8Array() : decompress(input, length));
}

const { LZ4, LZ4_RAW } = compressors;

/** By codec. */
export const decompressors: Compressors = {
  ...compressors,
  ...(LZ4 && { LZ4: unlessEmpty(LZ4) }),
  ...(LZ4_RAW && { LZ4_RAW: unlessEmpty(LZ4_RAW) }),
};
