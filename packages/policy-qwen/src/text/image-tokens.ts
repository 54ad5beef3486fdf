/**
 * Repeats each image token as often as its image has merged patches.
 *
 * @param ids          token ids with one `imageTokenId` per image.
 * @param imageTokenId `image_token_id` of the model's config.
 * @param grids        [t, h, w] in patches of each image, in the order of appearance.
 * @param mergeSize    side of a merge unit; image i becomes t·h·w / mergeSize² tokens.
 * @throws RangeError when the number of image tokens is not that of the images; nothing is ever cut off.
 */
export function expandImageTokens(
  ids: ArrayLike<number>,
  imageTokenId: number,
  grids: readonly (readonly [number, number, number])[],
  mergeSize: number,
): Int32Array {
  const places = Array.from(ids).reduce((count, id) => count + (id === imageTokenId ? 1 : 0), 0);
  if (places !== grids.length) {
    throw new RangeError(
      `expandImageTokens: the prompt has ${places} image token${places === 1 ? '' : 's'} for ${grids.length} image${grids.length === 1 ? '' : 's'}; ` +
        'expected one for each image (and none written out in the text).',
    );
  }
  const counts = grids.map(([t, h, w]) => (t * h * w) / mergeSize ** 2);
  const wrong = counts.findIndex((count) => !(Number.isInteger(count) && count > 0));
  if (wrong >= 0) {
    throw new RangeError(
      `expandImageTokens: image ${wrong} has a grid of [${grids[wrong]!.join(', ')}] patches; expected a multiple of ${mergeSize ** 2} of them.`,
    );
  }
  const total = counts.reduce((sum, count) => sum + count, ids.length - places);
  const expanded = new Int32Array(total);
  let at = 0;
  let image = 0;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    const repeat = id === imageTokenId ? counts[image++]! : 1;
    expanded.fill(id, at, at + repeat);
    at += repeat;
  }
  return expanded;
}
