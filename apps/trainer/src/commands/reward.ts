import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { RewardFunction } from '@cppo/reward';
import { UserError } from '@cppo/run';
import { rewardOf } from '@cppo/training';
import { z } from 'zod';
import { type ConfigSources, loadConfig } from '../config/load.js';

const pairSchema = z.looseObject({
  completion: z.string(),
  answer: z.string(),
  question: z.string().optional(),
  id: z.string().optional(),
});

interface Verdict extends Readonly<Record<string, unknown>> {
  readonly reward: number;
  readonly why: string;
}

interface RewardOptions extends ConfigSources {
  readonly completion?: string;
  readonly answer?: string;
  readonly question?: string;
  readonly pairs?: string;
  readonly json?: boolean;
}

/** `cppo reward`: one verdict, or one a line of a file of pairs, of the reward that a run with this configuration has. */
export async function judge(options: RewardOptions): Promise<void> {
  const { config } = await loadConfig(options);
  const reward = await rewardOf(config.reward, config.rollout.maxTokens);
  if (options.pairs !== undefined) {
    for (const key of ['completion', 'answer', 'question'] as const) {
      if (options[key] !== undefined)
        throw new UserError(`--${key}: found it beside --pairs, whose lines hold completions and answers.`);
    }
    for await (const pair of readPairs(options.pairs)) print(await verdict(reward, pair), true);
    return;
  }
  const { completion, answer, question } = options;
  if (completion === undefined || answer === undefined) {
    const key = completion === undefined ? 'completion' : 'answer';
    throw new UserError(`--${key}: found nothing, expected a text (or --pairs FILE).`);
  }
  const asked = question === undefined ? {} : { question };
  print(await verdict(reward, { completion, answer, ...asked }), options.json === true);
}

/** @param pair a row; its further columns are the metadata of its sample. */
async function verdict(judge: RewardFunction, pair: z.infer<typeof pairSchema>): Promise<Verdict> {
  const { completion, answer, question, id, ...metadata } = pair;
  try {
    const { reward, parts, why } = await judge({
      ...{ completion, answer, metadata },
      ...(question !== undefined && { question }),
      ...(id !== undefined && { id }),
    });
    return { reward, ...parts, why: why ?? '' };
  } catch (error) {
    throw new UserError(`reward: ${(error as Error).message}`);
  }
}

function print(result: Verdict, json: boolean): void {
  if (json) console.log(JSON.stringify(result));
  else {
    const { why, ...figures } = result;
    console.log(
      Object.entries(figures)
        .map(([name, value]) => `${name} ${value}`)
        .join('   '),
    );
    console.log(why);
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
