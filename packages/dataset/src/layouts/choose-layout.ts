import { benchmarkLayouts } from './benchmark-layouts.js';
import { type Layout, plainLayout, trainingLayouts } from './layouts.js';

const layouts: readonly Layout[] = [...trainingLayouts, ...benchmarkLayouts, plainLayout];

/** Names that `layout` may have. */
export const layoutNames: readonly string[] = layouts.map(({ name }) => name);

/**
 * The layout that is named, or else that of the hub repository, or else the one with the most telling columns that are all
 * there, or else the plain one.
 *
 * @throws RangeError when no layout has that name.
 */
export function chooseLayout(known: {
  readonly name?: string | undefined;
  readonly repository?: string | undefined;
  readonly columns: readonly string[];
}): Layout {
  if (known.name !== undefined) {
    const named = layouts.filter(({ name }) => name === known.name);
    // Some sets are published in two layouts.
    const fitting = named.find(({ columns }) => columns.every((each) => known.columns.includes(each)));
    if (named[0]) return fitting ?? named[0];
    throw new RangeError(
      `chooseLayout: found layout "${known.name}"; expected one of ${layoutNames.join(', ')}`,
    );
  }
  const repository = known.repository?.toLowerCase();
  const published = layouts.find(({ repositories = [] }) =>
    repositories.some((each) => each.toLowerCase() === repository),
  );
  if (published) return published;
  let best = plainLayout;
  for (const layout of layouts) {
    const telling = layout.columns.length > best.columns.length;
    if (telling && layout.columns.every((column) => known.columns.includes(column))) best = layout;
  }
  return best;
}
