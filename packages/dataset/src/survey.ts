import { isSample, type ReadingOptions, readSample, type StoredSample } from './fields/read-sample.js';
import { checkImage, type ImageCheck } from './images/check-image.js';
import type { ImageHeader } from './images/image-header.js';
import { describeProblem, type RowProblem, type SkippedRow } from './problem.js';
import type { Row, RowSource } from './rows/row-source.js';
import type { Sample } from './sample.js';

/** Leaves out samples by a rule of the caller's, such as a prompt that is too long. */
export interface Filter {
  /** Names the rule in the list of skipped rows: `prompt too long`. */
  readonly name: string;
  keep(sample: Sample): boolean | Promise<boolean>;
}

export interface SurveyOptions extends ReadingOptions {
  readonly images: 'required' | 'optional';
  readonly check: ImageCheck;
  readonly filters: readonly Filter[];
  /** Decodes a picture and throws when it cannot: stricter than the look at header and end. */
  readonly decode?: ((bytes: Uint8Array) => Promise<unknown>) | undefined;
}

export type Finding =
  | {
      readonly row: Row;
      readonly sample: StoredSample;
      readonly headers: readonly ImageHeader[];
      readonly skip?: undefined;
      readonly problem?: undefined;
    }
  | {
      readonly row: Row;
      readonly sample?: undefined;
      readonly skip: SkippedRow;
      readonly problem?: RowProblem;
    };

/** Rows looked at side by side, to overlap the reading of pictures. */
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
  const sample = readSample(row, options);
  if (!isSample(sample)) return broken(row, 'broken row', sample);
  const faulty = (at: number, reason: string, found: string): Finding =>
    broken(row, reason, {
      row: row.index,
      place: row.place,
      field: sample.images.length > 1 ? `images[${at}]` : 'images',
      found: `${reason} ${found}`,
      expected: 'an image file that can be decoded',
    });

  const headers: ImageHeader[] = [];
  if (options.check !== 'none') {
    for (const [at, image] of sample.images.entries()) {
      const finding = await checkImage(image);
      if (finding.fault) return faulty(at, finding.fault, finding.found);
      headers.push(finding.header);
    }
  }
  if (options.decode) {
    for (const [at, image] of sample.images.entries()) {
      try {
        await options.decode(await image.bytes());
      } catch (error) {
        return faulty(at, 'undecodable image', `"${image.name}": ${(error as Error).message}`);
      }
    }
  }
  if (sample.images.length === 0 && options.images === 'required') return left(row, 'no image');
  for (const filter of options.filters) {
    if (!(await filter.keep(sample))) return left(row, filter.name);
  }
  return { row, sample, headers };
}

function left(row: Row, reason: string): Finding {
  return { row, skip: { row: row.index, place: row.place, reason, detail: `${row.place}: ${reason}` } };
}

function broken(row: Row, reason: string, problem: RowProblem): Finding {
  return {
    row,
    skip: { row: row.index, place: row.place, reason, detail: describeProblem(problem) },
    problem,
  };
}
