import { parseOptions } from '@cppo/checked-options';
import { z } from 'zod';
import type { Decode, Filter } from './survey.js';

const paths = z.union([z.string().transform((path) => [path]), z.array(z.string()).min(1)]);

/** Options of `openDataset`, as a configuration file may hold them. */
export const openOptionsSchema = z
  .object({
    /** Name of a layout; recognised by the columns when not given. */
    layout: z.string().optional(),
    /** Columns by name or dotted path; what is not given keeps the layout's. */
    fields: z
      .strictObject({
        id: paths,
        question: paths,
        system: paths,
        answer: paths,
        images: paths,
        source: paths,
        metadata: paths,
      })
      .partial()
      .default({}),
    /** Folder of relative image paths; the data file's own folder when not given. */
    imageRoot: z.string().optional(),
    /** Only the first rows of each set. */
    limit: z.number().int().positive().optional(),
    /** Whether a row must have an answer; `optional` is for generating only. */
    answers: z.enum(['required', 'optional']).default('required'),
    /** Whether rows without a picture are skipped (and listed). */
    images: z.enum(['required', 'optional']).default('required'),
    /** `error`: broken rows stop the opening, all of them named. `skip`: they are listed and left out. */
    broken: z.enum(['error', 'skip']).default('error'),
    /** How closely pictures are checked: header and end marker, or not at all. */
    check: z.enum(['structure', 'none']).default('structure'),
    /** Folder of the hub's cache; Hugging Face's own (HF_HOME, HF_HUB_CACHE) when not given. */
    cacheFolder: z.string().optional(),
    /** Address of the hub. */
    hubUrl: z.string().optional(),
    /** Token for gated and private sets. */
    token: z.string().optional(),
  })
  .strict();

export interface OpenOptions extends z.input<typeof openOptionsSchema> {
  /** Additional rules, such as a limit on the prompt's length. */
  readonly filters?: readonly Filter[];
  /** Decodes a picture, or throws; stricter and slower than `check`. */
  readonly decode?: Decode;
  /** Called periodically while rows are checked and files are fetched. */
  readonly onProgress?: (progress: {
    readonly stage: 'download' | 'survey';
    readonly done: number;
    readonly total: number;
  }) => void;
}

export interface ResolvedOptions extends z.output<typeof openOptionsSchema> {
  readonly filters: readonly Filter[];
  readonly decode: OpenOptions['decode'] | undefined;
  readonly onProgress: OpenOptions['onProgress'] | undefined;
}

/** @throws RangeError that names the option, what was found and what is expected. */
export function resolveOptions(caller: string, options: OpenOptions): ResolvedOptions {
  const { filters = [], decode, onProgress, ...plain } = options;
  return { ...parseOptions(caller, openOptionsSchema, plain), filters, decode, onProgress };
}
