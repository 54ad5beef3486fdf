import { isSample, type ReadingOptions, readSample, type StoredSample } from './fields/read-sample.js';
import { checkImage, type ImageCheck } from './images/check-image.js';
import type { ImageHeader } from './images/image-header.js';
import { messageOf } from './message-of.js';
import { describeProblem, type RowProblem, type SkippedRow, UnusableSample } from './problem.js';
import type { Row, RowSource } from './rows/row-source.js';
import type { Sample } from './sample.js';

/** Skips samples by a custom rule, such as a limit on the prompt's length. */
export interface Filter {
  /** Names the rule in the list of skipped rows: `prompt too long`. */
  readonly name: string;
  /** @throws UnusableSample when the sample is broken: that is the row's fault then, and no reason to stop by itself. */
  keep(sample: Sample): boolean | Promise<boolean>;
  /** What there is to say of a sample that was left out, such as its length and a remedy. */
  explain?(sample: Sample): string | undefined | Promise<string | undefined>;
}

/** Decodes a picture and throws when it cannot. @param place of the row, @param name of the picture. */
export type Decode = (bytes: Uint8Array, place: string, name: string) => Promise<unknown>;

export interface SurveyOptions extends ReadingOptions {
  readonly images: 'required' | 'optional';
  readonly check: ImageCheck;
  readonly filters: readonly Filter[];
  /** Decodes a picture and throws when it cannot: stricter than the check of header and end. */
  readonly decode?: Decode | undefined;
}

export type Finding =
  | {
      readonly row: Row;
      readonly sample: StoredSample;
      readonly headers: readonly ImageHeader[];
      /** Bytes of each picture that was checked. */
      readonly sizes: readonly number[];
      readonly skip?: undefined;
      readonly problem?: undefined;
    }
  | {
      readonly row: Row;
      readonly sample?: undefined;
      readonly sizes?: undefined;
      readonly skip: SkippedRow;
      readonly problem?: RowProblem;
    };

/** Rows checked concurrently, to overlap the reading of pictures. */
const sideBySide = 32;

/** Looks at every row once, in order, before anything is trained on it; gives some rows at a time. */
export async function* survey(source: RowSource, options: SurveyOptions): AsyncGenerator<readonly Finding[]> {
  let batch: Row[] = [];
  for await (const row of source.rows()) {
    batch.push(row);
    if (batch.length < sideBySide) continue;
    yield await Promise.all(batch.map((each) => examine(each, options)));
    batch = [];
  }
  yield await Promise.all(batch.map((each) => examine(each, options)));
}

async function examine(row: Row, options: SurveyOptions): Promise<Finding> {
  try {
    return await look(row, options);
  } catch (error) {
    const { field, found, expected } =
      error instanceof UnusableSample
        ? error
        : new UnusableSample('(whole row)', `what cannot be read (${messageOf(error)})`, 'a sample');
    return broken(row, 'broken row', { row: row.index + 1, place: row.place, field, found, expected });
  }
}

async function look(row: Row, options: SurveyOptions): Promise<Finding> {
  const sample = readSample(row, options);
  if (!isSample(sample)) return broken(row, 'broken row', sample);
  const faulty = (at: number, reason: string, found: string): Finding =>
    broken(row, reason, {
      row: row.index + 1,
      place: row.place,
      field: sample.images.length > 1 ? `images[${at}]` : 'images',
      found: `${reason} ${found}`,
      expected: 'an image file that can be decoded',
    });

  const headers: ImageHeader[] = [];
  const sizes: number[] = [];
  if (options.check !== 'none') {
    for (const [at, image] of sample.images.entries()) {
      const finding = await checkImage(image);
      if (finding.fault) return faulty(at, finding.fault, finding.found);
      headers.push(finding.header);
      sizes.push(finding.bytes);
    }
  }
  if (options.decode) {
    for (const [at, image] of sample.images.entries()) {
      try {
        await options.decode(await image.bytes(), row.place, image.name);
      } catch (error) {
        return faulty(at, 'undecodable image', `"${image.name}": ${messageOf(error)}`);
      }
    }
  }
  if (sample.images.length === 0 && options.images === 'required') return left(row, 'no image');
  for (const filter of options.filters) {
    if (!(await filter.keep(sample))) return left(row, filter.name, await filter.explain?.(sample));
  }
  return { row, sample, headers, sizes };
}

function left(row: Row, reason: string, more?: string): Finding {
  const detail = `${row.place}: ${reason}${more === undefined ? '' : ` (${more})`}`;
  return { row, skip: { row: row.index + 1, place: row.place, reason, detail } };
}

function broken(row: Row, reason: string, problem: RowProblem): Finding {
  return {
    row,
    skip: { row: row.index + 1, place: row.place, reason, detail: describeProblem(problem) },
    problem,
  };
}
