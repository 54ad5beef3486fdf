import { type CompletionPair, readPairs } from '@cppo/bench/experiments';
import type { RewardFunction } from '@cppo/reward';
import { UserError } from '@cppo/run';
import { rewardOf } from '@cppo/training';
import { type ConfigSources, loadConfig } from '../config/load.js';

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
async function verdict(judge: RewardFunction, pair: CompletionPair): Promise<Verdict> {
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
