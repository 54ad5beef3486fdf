import { isStored, type StoredImage, storedImage } from '../images/stored-image.js';
import type { RowProblem } from '../problem.js';
import type { Row } from '../rows/row-source.js';
import type { Sample } from '../sample.js';
import { type FieldMap, firstOf, valueAt } from './field-map.js';
import { readAnswer } from './read-answer.js';
import { type Complaint, countImageTags, readQuestion } from './read-question.js';

/** A sample whose pictures can be looked at in part. */
export interface StoredSample extends Sample {
  readonly images: readonly StoredImage[];
}

export interface ReadingOptions {
  readonly fields: FieldMap;
  /** Name of the set, for rows without an id. */
  readonly set: string;
  /** Folder of relative image paths; the row's own folder when not given. */
  readonly imageRoot?: string | undefined;
  readonly answers: 'required' | 'optional';
}

/** Turns a row into a sample, or says what about it is wrong. Reads no picture. */
export function readSample(row: Row, options: ReadingOptions): StoredSample | RowProblem {
  if (row.problem) return row.problem;
  const { values } = row;
  const { fields } = options;
  const problem = (field: string, { found, expected }: Complaint): RowProblem => ({
    row: row.index,
    place: row.place,
    field,
    found,
    expected,
  });
  const absent = (paths: readonly string[], expected: string): RowProblem =>
    problem(paths[0]!, {
      found: `no such column among ${Object.keys(values).join(', ') || 'none'}`,
      expected: paths.length > 1 ? `${expected} under ${paths.join(', ')}` : expected,
    });

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

  const folder = options.imageRoot ?? row.folder;
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

/** Every picture of a row: those of the named columns, or else those inside its messages. */
function imageValues(
  values: Readonly<Record<string, unknown>>,
  paths: readonly string[],
  inMessages: readonly unknown[],
): { path: string; value: unknown }[] {
  const held = paths.flatMap((path) => {
    const value = valueAt(values, path);
    if (value === undefined) return [];
    const list = Array.isArray(value) ? value : [value];
    return list.map((each) => ({ path, value: each }));
  });
  return held.length > 0 ? held : inMessages.map((value) => ({ path: 'messages', value }));
}
