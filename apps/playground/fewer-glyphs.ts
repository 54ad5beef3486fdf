import subsetFont from 'subset-font';

/** What the tasks may write in their pictures: ASCII and Latin-1. */
export const written = characters(0x20, 0x7e) + characters(0xa0, 0xff);

/** A font without the glyphs that nothing here is written with; any other file as it is. */
export async function withoutUnusedGlyphs(path: string, bytes: Buffer): Promise<Uint8Array> {
  return path.endsWith('.ttf') ? subsetFont(bytes, written, { targetFormat: 'sfnt' }) : bytes;
}

function characters(first: number, last: number): string {
  return String.fromCodePoint(...Array.from({ length: last - first + 1 }, (_, i) => first + i));
}
