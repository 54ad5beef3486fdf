import { isStored, type PictureFolder, type StoredImage, storedImage } from '../images/stored-image.js';
import { columnsInUse, type FieldMap, firstOf, valueAt } from '../layouts/field-map.js';
import type { Layout } from '../layouts/layouts.js';
import { type RowProblem, show } from '../problem.js';
import type { Row } from '../rows/row-source.js';
import type { Sample, Turn } from '../sample.js';
import { countImageTags } from './image-tag.js';
import { withLastOfUser } from './last-of-user.js';
import { readAnswer } from './read-answer.js';
import { type Complaint, type Question, readQuestion } from './read-question.js';
import { withShownChoices } from './shown-choices.js';
import { unheardColumn } from './unheard-columns.js';

/** A sample whose pictures can be read in part. */
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
  /** Columns with choices that a question may not show. */
  readonly choices?: readonly string[];
  /** Fields whose columns the caller named himself. */
  readonly chosen?: readonly string[];
}

/** Turns a row into a sample, or says what about it is wrong. Reads no picture. */
export function readSample(row: Row, options: ReadingOptions): StoredSample | RowProblem {
  if (row.problem) return row.problem;
  const values = options.prepare ? options.prepare(row.values) : row.values;
  const { fields } = options;
  const problem = (field: string, { found, expected }: Complaint): RowProblem => ({
    row: row.index + 1,
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

  const unheard = unheardColumn(row.values, Object.values(fields).flat());
  if (unheard)
    return problem(unheard.column, { found: 'something', expected: `nothing, since ${unheard.why}` });

  const asked = firstOf(values, fields.question);
  if (!asked) return absent(fields.question, 'a question');
  const read = readQuestion(asked.value);
  if ('found' in read) return problem(asked.path, read);
  const other = otherMessages(values, asked, options);
  if (other !== undefined) {
    return problem(other, {
      found: `chat messages beside the question in ${asked.path}`,
      expected: `one of them; ?question=${other} names the column`,
    });
  }
  const told = fields.system && firstOf(values, fields.system);
  const question = told === undefined ? read : withSystem(read, told.value);
  if ('found' in question) return problem(told!.path, question);

  const answered = firstOf(values, fields.answer);
  if (!answered && options.answers === 'required') return absent(fields.answer, 'a reference answer');
  const answer = answered ? readAnswer(answered.value) : '';
  if (typeof answer !== 'string') {
    if (options.answers === 'required') return problem(answered!.path, answer);
  }
  const choices = firstOf(values, options.choices ?? [])?.value;
  const text = withShownChoices(question.text, choices, answer);
  const turns = question.turns && withLastOfUser(question.turns, text);

  const folder = { path: options.imageRoot ?? row.folder, archives: options.archives };
  const name = `${row.file ?? options.set}:${row.number}`;
  const images: StoredImage[] = [];
  const held = imageValues(values, question.images, options);
  if ('found' in held) return problem(held.column, held);
  for (const [at, { path, value }] of held.entries()) {
    const field = held.length > 1 ? `${path}[${at}]` : path;
    const image = storedImage(value, folder, `${name}:${field}`);
    if (!isStored(image)) return problem(field, image);
    images.push(image);
  }
  const tags = (turns ?? [{ text }]).reduce((sum, turn) => sum + countImageTags(turn.text), 0);
  if (tags > 0 && tags !== images.length) {
    return problem(asked.path, {
      found: `${tags} <image> ${tags === 1 ? 'tag' : 'tags'} and ${images.length} ${images.length === 1 ? 'image' : 'images'}`,
      expected: 'as many of one as of the other, or no tag',
    });
  }

  const id = fields.id && firstOf(values, fields.id)?.value;
  const source = fields.source && firstOf(values, fields.source)?.value;
  const metadata: Record<string, unknown> = {};
  for (const column of keptColumns(fields, Object.keys(values))) {
    const value = valueAt(values, column);
    if (value !== undefined) metadata[column] = value;
  }
  return {
    id: id === undefined ? name : String(id),
    question: text,
    ...(turns && { turns }),
    answer: typeof answer === 'string' ? answer : '',
    images,
    ...(source !== undefined && { source: String(source) }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** Columns that are kept as they are; `*` stands for all that no other field names. */
function keptColumns(fields: FieldMap, columns: readonly string[]): readonly string[] {
  const { metadata = [] } = fields;
  if (!metadata.includes('*')) return metadata;
  const read = columnsInUse({ ...fields, metadata: [] }, columns);
  const others = columns.filter((column) => !read.includes(column));
  return [...metadata.filter((column) => column !== '*'), ...others];
}

/** A column of chat messages that a question in another column would leave unread. */
function otherMessages(
  values: Readonly<Record<string, unknown>>,
  asked: { readonly path: string; readonly value: unknown },
  { fields, chosen = [] }: ReadingOptions,
): string | undefined {
  if (chosen.includes('question')) return undefined;
  return fields.question.find((path) => {
    const value = path === asked.path ? undefined : valueAt(values, path);
    return Array.isArray(value) && JSON.stringify(value) !== JSON.stringify(asked.value);
  });
}

/** The question with the text of a system turn in front. */
function withSystem(question: Question, value: unknown): Question | Complaint {
  if (typeof value !== 'string') return { found: show(value), expected: 'text' };
  if (value.trim() === '') return question;
  const turns: readonly Turn[] = question.turns ?? [{ role: 'user', text: question.text }];
  const own = turns.filter(({ role }) => role === 'system');
  if (own.length === 0) return { ...question, turns: [{ role: 'system', text: value }, ...turns] };
  if (own.every(({ text }) => text === value)) return question;
  return { found: 'another system turn than the messages have', expected: 'one of them' };
}

export function isSample(result: StoredSample | RowProblem): result is StoredSample {
  return 'images' in result;
}

type ImageValue = { readonly path: string; readonly value: unknown };

/** Columns that hold pictures, against those that may name the file of one beside it. */
const named = /path|file/;

/**
 * Every picture of a row: those of the first column that has some, or else those inside its messages. Two places with
 * different pictures are a fault: one of them would never be seen.
 */
function imageValues(
  values: Readonly<Record<string, unknown>>,
  inMessages: readonly unknown[],
  { fields, chosen = [] }: ReadingOptions,
): readonly ImageValue[] | (Complaint & { readonly column: string }) {
  const places = [
    ...fields.images.map((path) => ({ path, held: imagesAt(values, path) })),
    { path: 'messages', held: inMessages },
  ].filter(({ held }) => held.length > 0);
  const [first, ...others] = places;
  if (first === undefined) return [];
  const other = others.find(
    ({ path, held }) =>
      (path === 'messages' || !(chosen.includes('images') || named.test(path))) && differ(first.held, held),
  );
  if (other !== undefined) {
    return {
      column: other.path,
      found: `${other.held.length} of the pictures in ${other.path}, others in ${first.path}`,
      expected: 'pictures in one place; ?images= names the column',
    };
  }
  return first.held.map((value) => ({ path: first.path.replace(/_?\*$/, ''), value }));
}

/** A path beside the picture's bytes says the same; two paths, or two of anything in number, may not. */
function differ(some: readonly unknown[], others: readonly unknown[]): boolean {
  if (some.length !== others.length) return true;
  return typeof some[0] === typeof others[0] && JSON.stringify(some) !== JSON.stringify(others);
}

function imagesAt(values: Readonly<Record<string, unknown>>, path: string): readonly unknown[] {
  return path.endsWith('*') ? numbered(values, path.slice(0, -1)) : asList(valueAt(values, path));
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
