import { createReadStream, existsSync } from 'node:fs';
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

async function* readPairs(file: string): AsyncIterable<z.infer<typeof pairSchema>> {
  if (!existsSync(file)) throw new UserError(`--pairs: there is no file ${file}.`);
  let number = 0;
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    number++;
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new UserError(`${file}:${number}: found no JSON, expected {"completion": …, "answer": …}.`);
    }
    const pair = pairSchema.safeParse(value);
    if (!pair.success) {
      const issue = pair.error.issues[0]!;
      throw new UserError(`${file}:${number}: ${issue.path.join('.') || 'the line'}: ${issue.message}.`);
    }
    yield pair.data;
  }
}
