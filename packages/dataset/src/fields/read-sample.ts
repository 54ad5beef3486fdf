import { isStored, type PictureFolder, type StoredImage, storedImage } from '../images/stored-image.js';
import type { RowProblem } from '../problem.js';
import type { Row } from '../rows/row-source.js';
import type { Sample } from '../sample.js';
import { type FieldMap, firstOf, valueAt } from './field-map.js';
import type { Layout } from './layouts.js';
import { readAnswer } from './read-answer.js';
import { type Complaint, countImageTags, readQuestion } from './read-question.js';

/** A sample whose pictures can be looked at in part. */
export interface StoredSample extends Sample {
  readonly images: readonly StoredImage[];
}

export interface ReadingOptions {
  readonly fields: FieldMap;
  readonly prepare?: Layout['prepare'];
  /** Name of the set, for rows without an id. */
  readonly set: string;
  /** Folder of relative image paths; the row's own folder when not given. */
  readonly imageRoot?: string | undefined;
  /** Archives that relative image paths are looked up in first. */
  readonly archives?: PictureFolder['archives'];
  readonly answers: 'required' | 'optional';
}

/** Turns a row into a sample, or says what about it is wrong. Reads no picture. */
export function readSample(row: Row, options: ReadingOptions): StoredSample | RowProblem {
  if (row.problem) return row.problem;
  const values = options.prepare ? options.prepare(row.values) : row.values;
  const { fields } = options;
  const problem = (field: string, { found, expected }: Complaint): RowProblem => ({
    row: row.index,
    place: row.place,
    field,
    found,
    expected,
  });
  const absent = (paths: readonly string[], wanted: string): RowProblem => {
    const empty = paths.find((path) => path in row.values);
    if (empty !== undefined) return problem(empty, { found: 'nothing in it', expected: wanted });
    return problem(paths[0]!, {
      found: `no such column among ${Object.keys(row.values).join(', ') || 'none'}`,
      expected: paths.length > 1 ? `${wanted} under ${paths.join(', ')}` : wanted,
    });
  };

  const asked = firstOf(values, fields.question);
  if (!asked) return absent(fields.question, 'a question');
  const question = readQuestion(asked.value);
  if (!('text' in question)) return problem(asked.path, question);

  const answered = firstOf(values, fields.answer);
  if (!answered && options.answers === 'required') return absent(fields.answer, 'a reference answer');
  const answer = answered ? readAnswer(answered.value) : '';
  if (typeof answer !== 'string') {
    if (options.answers === 'required') return problem(answered!.path, answer);
  }

  const folder = { path: options.imageRoot ?? row.folder, archives: options.archives };
  const images: StoredImage[] = [];
  const held = imageValues(values, fields.images, question.images);
  for (const [at, { path, value }] of held.entries()) {
    const field = held.length > 1 ? `${path}[${at}]` : path;
    const image = storedImage(value, folder, `${options.set}:${row.index}:${field}`);
    if (!isStored(image)) return problem(field, image);
    images.push(image);
  }
  const tags = countImageTags(question.text);
  if (tags > 0 && tags !== images.length) {
    return problem(asked.path, {
      found: `${tags} <image> ${tags === 1 ? 'tag' : 'tags'} and ${images.length} ${images.length === 1 ? 'image' : 'images'}`,
      expected: 'as many of one as of the other, or no tag',
    });
  }

  const id = fields.id && firstOf(values, fields.id)?.value;
  const source = fields.source && firstOf(values, fields.source)?.value;
  const metadata: Record<string, unknown> = {};
  for (const name of fields.metadata ?? []) {
    const value = valueAt(values, name);
    if (value !== undefined) metadata[name] = value;
  }
  if (question.system !== undefined) metadata.system = question.system;
  return {
    id: id === undefined ? `${options.set}:${row.index}` : String(id),
    question: question.text,
    answer: typeof answer === 'string' ? answer : '',
    images,
    ...(source !== undefined && { source: String(source) }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

export function isSample(result: StoredSample | RowProblem): result is StoredSample {
  return 'images' in result;
}

/** Every picture of a row: those of the first column that has some, or else those inside its messages. */
function imageValues(
  values: Readonly<Record<string, unknown>>,
  paths: readonly string[],
  inMessages: readonly unknown[],
): { path: string; value: unknown }[] {
  for (const path of paths) {
    const held = path.endsWith('*') ? numbered(values, path.slice(0, -1)) : asList(valueAt(values, path));
    if (held.length > 0) return held.map((value) => ({ path: path.replace(/_?\*$/, ''), value }));
  }
  return inMessages.map((value) => ({ path: 'messages', value }));
}

/** What holds nothing is no picture: null, empty text, a struct of nulls. */
function asList(value: unknown): readonly unknown[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => !isEmpty(each));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return (
    typeof value === 'object' &&
    !(value instanceof Uint8Array) &&
    Object.values(value).every((each) => each === undefined || each === null)
  );
}

/** `image_1`, `image_2`, … up to the first that is absent. */
function numbered(values: Readonly<Record<string, unknown>>, prefix: string): unknown[] {
  const held: unknown[] = [];
  for (let number = 1; ; number++) {
    const value = values[`${prefix}${number}`];
    if (value === undefined || value === null) return held;
    held.push(value);
  }
}
