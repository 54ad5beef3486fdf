/** An answer as it goes out. */
export interface SpoiledAnswer {
  readonly promptIds: readonly number[];
  readonly completions: readonly {
    readonly tokens: readonly number[];
    readonly logProbs: readonly number[];
    readonly finish: string;
  }[];
}

/** The file in an address that holds it. */
export function fileOf(address: string): Uint8Array {
  const [, content] = /^data:image\/png;base64,(.*)$/s.exec(address) ?? [];
  if (content === undefined)
    throw new RangeError(`found ${address.slice(0, 40)}, expected a PNG as a data address`);
  return Buffer.from(content, 'base64');
}
