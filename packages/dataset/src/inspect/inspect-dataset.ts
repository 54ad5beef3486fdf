import { existsSync } from 'node:fs';
import type { FieldMap } from '../layouts/field-map.js';
import { type OpenOptions, type ResolvedOptions, resolveOptions } from '../open-options.js';
import { openSource } from '../open-source.js';
import { permutation } from '../order/permutation.js';
import type { SkippedRow } from '../problem.js';
import type { Turn } from '../sample.js';
import { parseSpec, type SpecPart } from '../spec/parse-spec.js';
import { type Finding, survey } from '../survey.js';
import { type Distribution, Tally } from './tally.js';

/** One sample as the inspector shows it. */
export interface Example {
  readonly set: string;
  /** Row of the set, from 1. */
  readonly row: number;
  /** `file:number`, from 1. */
  readonly place: string;
  readonly id: string;
  readonly question: string;
  /** The whole conversation, where it is more than the question. */
  readonly turns?: readonly Turn[];
  readonly answer: string;
  readonly images: readonly {
    readonly name: string;
    /** Format and size are known where pictures are checked. */
    readonly format?: string;
    readonly width?: number;
    readonly height?: number;
    /** `data:` address of the picture, on request. */
    readonly address?: string;
  }[];
}

export interface InspectedSet {
  readonly name: string;
  readonly format: string;
  /** Name of the layout by which its columns were understood. */
  readonly layout: string;
  readonly weight: number;
  readonly rows: number;
  readonly samples: number;
  /** Column → type. */
  readonly schema: Readonly<Record<string, string>>;
  readonly fields: FieldMap;
}

/** What is in a data set; plain data, ready for JSON. */
export interface Inspection {
  readonly spec: string;
  readonly rows: number;
  /** Usable samples. */
  readonly samples: number;
  /** Pictures of the usable samples. */
  readonly images: number;
  readonly skipped: readonly (SkippedRow & { readonly set: string })[];
  readonly skippedByReason: Readonly<Record<string, number>>;
  /** Column → type, over all sets. */
  readonly schema: Readonly<Record<string, string>>;
  readonly sets: readonly InspectedSet[];
  /** Characters. */
  readonly lengths: { readonly question?: Distribution; readonly answer?: Distribution };
  readonly imagesPerSample: Readonly<Record<string, number>>;
  /** Pixels. */
  readonly imageSizes: { readonly width?: Distribution; readonly height?: Distribution };
  readonly imageFormats: Readonly<Record<string, number>>;
  readonly examples: readonly Example[];
}

export interface InspectOptions extends Omit<OpenOptions, 'broken'> {
  /** Samples to show, drawn evenly from the set. Default 8. */
  readonly examples?: number;
  /**
   * Put the pictures of the examples into the result, as `data:` addresses: the files as they are, or what this makes of their
   * bytes, such as a small copy of what a model sees. Default false.
   */
  readonly embedImages?: boolean | ((bytes: Uint8Array) => Promise<string>);
}

/**
 * Reads every row of a data set and reports its schema, counts, lengths and image sizes, and which rows would
 * be skipped and why. Broken rows are listed, never thrown.
 *
 * @param spec a specification (`parseSpec`).
 * @param options those of `openDataset`, how many examples to keep, and whether with their pictures.
 * @returns the report.
 * @throws RangeError when the specification or an option is wrong.
 * @example
 * const file = join(folder, 'inspected.jsonl');
 * writeFileSync(file, '{"question": "2 + 2?", "answer": "4"}\n{"question": "no answer"}\n');
 * const { sets, skipped } = await inspectDataset(file, { images: 'optional' });
 * sets.map(({ format }) => format); // ['json lines']
 * skipped.map(({ row }) => row); // [2]
 */
export async function inspectDataset(spec: string, options: InspectOptions = {}): Promise<Inspection> {
  const { examples = 8, embedImages = false, ...open } = options;
  const resolved = resolveOptions('inspectDataset', { ...open, broken: 'skip' });
  const parts = parseSpec(spec, existsSync);
  const inspector = new Inspector(embedImages);
  for (const part of parts) await inspector.look(part, resolved, Math.ceil(examples / parts.length));
  return inspector.result(spec);
}

class Inspector {
  private readonly skipped: (SkippedRow & { set: string })[] = [];
  private readonly sets: InspectedSet[] = [];
  private readonly examples: Example[] = [];
  private readonly tallies = {
    question: new Tally(),
    answer: new Tally(),
    width: new Tally(),
    height: new Tally(),
  };
  private readonly imagesPerSample = new Map<string, number>();
  private readonly formats = new Map<string, number>();
  private images = 0;

  constructor(private readonly embedImages: NonNullable<InspectOptions['embedImages']>) {}

  async look(part: SpecPart, options: ResolvedOptions, examples: number): Promise<void> {
    const opened = await openSource(part, options);
    const { source, reading, layout } = opened;
    const set = reading.set;
    const order = permutation(Math.max(1, source.length), 0);
    const shown = new Set(Array.from({ length: Math.min(examples, source.length) }, (_, at) => order(at)));
    let samples = 0;
    let done = 0;
    try {
      for await (const findings of survey(source, { ...options, ...reading })) {
        for (const finding of findings) {
          if (finding.skip) {
            this.skipped.push({ set, ...finding.skip });
            // An example that is no sample gives its place to the next row.
            if (shown.delete(finding.row.index)) shown.add(finding.row.index + 1);
            continue;
          }
          samples++;
          this.count(finding);
          if (shown.has(finding.row.index)) this.examples.push(await this.example(set, finding));
        }
        done += findings.length;
        options.onProgress?.({ stage: 'survey', done, total: source.length });
      }
      this.sets.push({
        name: set,
        format: source.format,
        layout: layout.name,
        weight: part.weight,
        rows: source.length,
        samples,
        schema: source.schema,
        fields: reading.fields,
      });
    } finally {
      await opened.close();
    }
  }

  result(spec: string): Inspection {
    const reasons = new Map<string, number>();
    for (const { reason } of this.skipped) add(reasons, reason);
    const { question, answer, width, height } = this.tallies;
    return {
      spec,
      rows: this.sets.reduce((sum, { rows }) => sum + rows, 0),
      samples: this.sets.reduce((sum, { samples }) => sum + samples, 0),
      images: this.images,
      skipped: this.skipped,
      skippedByReason: Object.fromEntries(reasons),
      schema: Object.assign({}, ...this.sets.map(({ schema }) => schema)) as Record<string, string>,
      sets: this.sets,
      lengths: present({ question: question.distribution(), answer: answer.distribution() }),
      imagesPerSample: Object.fromEntries(
        [...this.imagesPerSample].sort(([a], [b]) => Number(a) - Number(b)),
      ),
      imageSizes: present({ width: width.distribution(), height: height.distribution() }),
      imageFormats: Object.fromEntries(this.formats),
      examples: this.examples,
    };
  }

  private count({ sample, headers }: Extract<Finding, { skip?: undefined }>): void {
    this.tallies.question.add(sample.question.length);
    this.tallies.answer.add(sample.answer.length);
    this.images += sample.images.length;
    add(this.imagesPerSample, String(sample.images.length));
    for (const { width, height, format } of headers) {
      this.tallies.width.add(width);
      this.tallies.height.add(height);
      add(this.formats, format);
    }
  }

  private async example(
    set: string,
    { row, sample, headers }: Extract<Finding, { skip?: undefined }>,
  ): Promise<Example> {
    const images = await Promise.all(
      sample.images.map(async (image, at) => {
        const header = headers[at];
        if (!this.embedImages || !header) return { name: image.name, ...header };
        const bytes = await image.bytes();
        const type = header.format === 'jpg' ? 'jpeg' : header.format;
        const address =
          this.embedImages === true
            ? `data:image/${type};base64,${Buffer.from(bytes).toString('base64')}`
            : await this.embedImages(bytes);
        return { name: image.name, ...header, address };
      }),
    );
    return {
      set,
      row: row.index + 1,
      place: row.place,
      id: sample.id,
      question: clipped(sample.question),
      ...(sample.turns && {
        turns: sample.turns.map(({ role, text }) => ({ role, text: clipped(text) })),
      }),
      answer: clipped(sample.answer),
      images,
    };
  }
}

const shownCharacters = 4000;

/** A text of megabytes is no example. */
function clipped(text: string): string {
  return text.length > shownCharacters
    ? `${text.slice(0, shownCharacters)}… (${text.length} characters)`
    : text;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function present<Key extends string>(
  distributions: Record<Key, Distribution | undefined>,
): { [K in Key]?: Distribution } {
  const entries = Object.entries(distributions).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as { [K in Key]?: Distribution };
}
