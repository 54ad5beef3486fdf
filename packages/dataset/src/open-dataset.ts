import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { Dataset } from './dataset.js';
import type { FieldMap } from './fields/field-map.js';
import { plainFields } from './fields/layouts.js';
import type { ReadingOptions } from './fields/read-sample.js';
import { DatasetError, type RowProblem, type SkippedRow } from './problem.js';
import { openRows } from './rows/open-rows.js';
import { parseSpec, type SpecPart } from './spec/parse-spec.js';
import { type Filter, survey } from './survey.js';
import { SurveyedDataset } from './surveyed-dataset.js';

const paths = z.union([z.string().transform((path) => [path]), z.array(z.string()).min(1)]);

/** Options of `openDataset`, as a configuration file may hold them. */
export const openOptionsSchema = z
  .object({
    /** Columns by name or dotted path; what is not given keeps the layout's. */
    fields: z
      .object({ id: paths, question: paths, answer: paths, images: paths, source: paths, metadata: paths })
      .partial()
      .default({}),
    /** Folder of relative image paths; the data file's own folder when not given. */
    imageRoot: z.string().optional(),
    /** Whether a row must have an answer; `optional` is for generating only. */
    answers: z.enum(['required', 'optional']).default('required'),
    /** Whether rows without a picture are skipped (and listed). */
    images: z.enum(['required', 'optional']).default('required'),
    /** `error`: broken rows stop the opening, all of them named. `skip`: they are listed and left out. */
    broken: z.enum(['error', 'skip']).default('error'),
    /** How closely pictures are looked at: header and end, or not at all. */
    check: z.enum(['structure', 'none']).default('structure'),
  })
  .strict();

export interface OpenOptions extends z.input<typeof openOptionsSchema> {
  /** Rules of the caller's, such as a prompt that is too long. */
  readonly filters?: readonly Filter[];
  /** Decodes a picture and throws when it cannot; stricter than `check`, and slower. */
  readonly decode?: (bytes: Uint8Array) => Promise<unknown>;
}

/**
 * Opens a data set by its specification (see `parseSpec`) and looks at every row of it, so that whatever is wrong
 * is known before a run starts.
 *
 * @throws DatasetError with every broken row (file, line, field, what was found, what is expected).
 * @throws RangeError when the specification is no data set.
 */
export async function openDataset(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const { filters = [], decode, ...plain } = options;
  const parsed = openOptionsSchema.parse(plain);
  const parts = parseSpec(spec, existsSync);
  if (parts.length > 1) throw new RangeError('openDataset: mixtures are not there yet');
  return openPart(parts[0]!, { ...parsed, filters, decode });
}

type Resolved = z.output<typeof openOptionsSchema> & {
  decode: OpenOptions['decode'] | undefined;
  filters: readonly Filter[];
};

async function openPart(part: SpecPart, options: Resolved): Promise<Dataset> {
  if (part.location.kind === 'hub') throw new RangeError('openDataset: hub data sets are not there yet');
  const source = await openRows(part.location.path);
  const reading: ReadingOptions = {
    fields: withFields(plainFields, options.fields),
    set: source.name,
    imageRoot: options.imageRoot,
    answers: options.answers,
  };
  const skipped: SkippedRow[] = [];
  const problems: RowProblem[] = [];
  try {
    for await (const finding of survey(source, { ...reading, ...options, fields: reading.fields })) {
      if (!finding.skip) continue;
      skipped.push(finding.skip);
      if (finding.problem) problems.push(finding.problem);
    }
    if (problems.length > 0 && options.broken === 'error') throw new DatasetError(part.text, problems);
    if (skipped.length === source.length) throw new RangeError(emptySet(part.text, skipped));
  } catch (error) {
    await source.close();
    throw error;
  }
  return new SurveyedDataset(source, reading, skipped);
}

/** A layout's fields with those that the caller names instead. */
function withFields(fields: FieldMap, own: Resolved['fields']): FieldMap {
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...fields, ...Object.fromEntries(given) };
}

function emptySet(set: string, skipped: readonly SkippedRow[]): string {
  const first = skipped[0] ? ` (${skipped.length} skipped, the first: ${skipped[0].detail})` : '';
  return `openDataset: found no usable row in ${set}${first}; expected at least one`;
}
