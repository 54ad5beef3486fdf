import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { ReadingOptions } from './fields/read-sample.js';
import { unheardColumns } from './fields/unheard-columns.js';
import { fetchHubFiles, type HubFiles } from './hub/fetch-hub-files.js';
import { Archives } from './images/archives.js';
import { chooseLayout } from './layouts/choose-layout.js';
import { columnsInUse, type FieldMap } from './layouts/field-map.js';
import type { Layout } from './layouts/layouts.js';
import type { ResolvedOptions } from './open-options.js';
import { FirstRows } from './rows/first-rows.js';
import { openFiles, openRows } from './rows/open-rows.js';
import type { RowSource } from './rows/row-source.js';
import type { SpecPart } from './spec/parse-spec.js';

/** A set whose rows can be read, and how they are to be understood. */
export interface OpenSource {
  readonly source: RowSource;
  readonly layout: Layout;
  readonly reading: ReadingOptions;
  close(): Promise<void>;
}

/** Opens the files of one part of a specification; fetches them first when they are on the hub. */
export async function openSource(part: SpecPart, options: ResolvedOptions): Promise<OpenSource> {
  const { location } = part;
  let source: RowSource;
  let archives: Archives | undefined;
  let hub: HubFiles | undefined;
  let imageRoot = part.options.imageRoot ?? options.imageRoot;
  if (location.kind === 'hub') {
    hub = await fetchHubFiles(location, options);
    source = await openFiles(location.repository, hub.files);
    // Paths in a hub set are relative to the repository.
    imageRoot = resolve(hub.root, imageRoot ?? '.');
  } else {
    source = await openRows(location.path);
  }
  try {
    const layout = chooseLayout({
      name: part.options.layout ?? options.layout,
      repository: location.kind === 'hub' ? location.repository : undefined,
      columns: Object.keys(source.schema),
    });
    const fields = withFields(layout.fields, options.fields, part.options);
    const zips = imageRoot?.toLowerCase().endsWith('.zip') ? [imageRoot] : [];
    if (imageRoot === undefined || hub) {
      if (namesPictures(source, fields))
        zips.push(...(hub ? await hub.fetchPictures() : archiveBeside(location)));
    }
    if (zips.length > 0) archives = await Archives.open(zips);
    source.select?.([
      ...columnsInUse(fields, Object.keys(source.schema)),
      ...layout.columns,
      ...unheardColumns,
    ]);
    const limit = limitOf(part, options);
    const set = part.options.name ?? nameOf(part);
    return {
      source: limit === undefined ? source : new FirstRows(source, limit),
      layout,
      reading: {
        fields,
        set,
        imageRoot,
        archives,
        answers: options.answers,
        ...(layout.prepare && { prepare: layout.prepare }),
        choices: layout.choices ?? [],
        // Columns that the caller names are taken for what he says.
        chosen: Object.keys({ ...options.fields, ...part.options }),
      },
      close: async () => {
        await source.close();
        await archives?.close();
      },
    };
  } catch (error) {
    await archives?.close();
    await source.close();
    throw error;
  }
}

function nameOf({ location }: SpecPart): string {
  return location.kind === 'hub' ? location.repository.split('/')[1]! : basename(location.path);
}

function limitOf(part: SpecPart, options: ResolvedOptions): number | undefined {
  if (part.options.limit === undefined) return options.limit;
  const limit = Number(part.options.limit);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new RangeError(
    `openDataset: found limit=${part.options.limit} in "${part.text}"; expected a whole number above 0`,
  );
}

/** A layout's fields, with those that the caller or the specification names instead. */
function withFields(
  fields: FieldMap,
  own: ResolvedOptions['fields'],
  spec: Readonly<Record<string, string>>,
): FieldMap {
  const named: Record<string, readonly string[]> = {};
  for (const [field, value] of Object.entries(own)) if (value !== undefined) named[field] = value;
  for (const field of ['id', 'question', 'system', 'answer', 'images', 'source']) {
    if (spec[field] !== undefined) named[field] = spec[field].split(',');
  }
  return { system: ['system', 'system_prompt'], ...fields, ...named };
}

/** Whether the picture column holds text, that is to say paths, and not the pictures themselves. */
function namesPictures(source: RowSource, fields: FieldMap): boolean {
  const column = fields.images.find((name) => name in source.schema);
  return column !== undefined && /^(list<)?string>?$/.test(source.schema[column]!);
}

/** `images.zip` beside the data file, where nobody has unpacked it. */
function archiveBeside(location: SpecPart['location']): string[] {
  if (location.kind === 'hub') return [];
  const folder = dirname(location.path);
  const archive = join(folder, 'images.zip');
  return existsSync(archive) && !existsSync(join(folder, 'images')) ? [archive] : [];
}
