import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { UserError } from '@cppo/run';
import { z } from 'zod';

const pairSchema = z.looseObject({
  completion: z.string(),
  answer: z.string(),
  question: z.string().optional(),
  id: z.string().optional(),
});

/** A completion to judge against an answer; further columns are the metadata of its sample. */
export type CompletionPair = z.output<typeof pairSchema>;

const expected = 'expected {"completion": …, "answer": …} with two texts';

/**
 * Reads a file of JSON lines, each `{"completion": …, "answer": …}` and perhaps more; empty lines are passed over.
 *
 * @param file path.
 * @returns the pairs, one after the other.
 * @throws UserError with file and line, what was found and what is expected.
 */
export async function* readPairs(file: string): AsyncIterable<CompletionPair> {
  if (!existsSync(file)) throw new UserError(`--pairs: there is no file ${file}.`);
  if (statSync(file).isDirectory()) throw new UserError(`--pairs: ${file} is a folder, expected JSON lines.`);
  let number = 0;
  let pairs = 0;
  for await (const text of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    number++;
    const line = number === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      const pointer = line.startsWith('version https://git-lfs.github.com/spec/');
      throw new UserError(
        `${file}:${number}: found ${pointer ? 'a pointer of Git LFS (git lfs pull fetches the file)' : 'no JSON'}, ${expected}.`,
      );
    }
    const pair = pairSchema.safeParse(value);
    if (!pair.success) {
      const [key] = pair.error.issues[0]!.path;
      const found = key === undefined ? value : (value as Readonly<Record<PropertyKey, unknown>>)[key];
      const place = key === undefined ? '' : ` ${String(key)}:`;
      throw new UserError(
        `${file}:${number}:${place} found ${JSON.stringify(found) ?? 'nothing'}, ${expected}.`,
      );
    }
    pairs++;
    yield pair.data;
  }
  if (pairs === 0) throw new UserError(`--pairs: ${file} holds no line, ${expected} on each.`);
}
