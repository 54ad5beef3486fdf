import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createReward } from '@cppo/reward';
import { UserError } from '@cppo/run';
import { z } from 'zod';

const pairSchema = z.object({ completion: z.string(), answer: z.string() });

interface Verdict {
  readonly reward: number;
  readonly accuracy: number;
  readonly format: number;
  readonly why: string;
}

/** `cppo reward`: one verdict, or one a line of a file of pairs. */
export async function judge(options: {
  completion?: string;
  answer?: string;
  pairs?: string;
  json?: boolean;
}): Promise<void> {
  if (options.pairs !== undefined) {
    for (const key of ['completion', 'answer'] as const) {
      if (options[key] !== undefined)
        throw new UserError(`--${key}: found it beside --pairs, whose lines hold completions and answers.`);
    }
    for await (const pair of readPairs(options.pairs))
      print(await verdict(pair.completion, pair.answer), true);
    return;
  }
  for (const key of ['completion', 'answer'] as const) {
    if (options[key] === undefined)
      throw new UserError(`--${key}: found nothing, expected a text (or --pairs FILE).`);
  }
  print(await verdict(options.completion!, options.answer!), options.json === true);
}

async function verdict(completion: string, answer: string): Promise<Verdict> {
  const { reward, parts, why } = await createReward()({ completion, answer });
  return { reward, accuracy: parts.accuracy, format: parts.format, why: why ?? '' };
}

function print(result: Verdict, json: boolean): void {
  if (json) console.log(JSON.stringify(result));
  else {
    console.log(`reward ${result.reward}   accuracy ${result.accuracy}   format ${result.format}`);
    console.log(result.why);
  }
}

const expected = 'expected {"completion": …, "answer": …} with two texts';

async function* readPairs(file: string): AsyncIterable<z.infer<typeof pairSchema>> {
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
