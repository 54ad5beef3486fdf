import { describeValue, requireNames } from '@cppo/checked-options';
import type { MathVerdict } from './verdict.js';

export interface JudgeOptions {
  /** Of any OpenAI-compatible server, for example `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Milliseconds to wait for one answer. Default 30 000. */
  readonly timeout?: number;
  /** Further attempts after a failure. Default 2. */
  readonly retries?: number;
  /** What the judge is asked. Default a plain question that it answers with yes or no. */
  readonly prompt?: (answer: string, reference: string, question?: string) => string;
  /** Default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
}

const ask = (answer: string, reference: string, question?: string) =>
  `${question === undefined ? '' : `Question:\n${question}\n\n`}Reference answer:\n${reference}\n\nStudent's answer:\n${answer}\n\n` +
  "Does the student's answer mean the same as the reference answer? Reply with yes or no only.";

/**
 * Makes a judge for `createReward({ equal })`: a language model behind an OpenAI-compatible server decides
 * whether an answer means the same as the reference.
 *
 * @param options the server's address, the model, timeout in milliseconds and retries.
 * @returns a function that rejects with an Error when no attempt yields a usable reply: a run with a broken
 *   judge should stop, not learn from zeros.
 * @throws RangeError when an option is unknown, or `baseUrl` or `model` is not text.
 * @example
 * const fetch = async () => Response.json({ choices: [{ message: { content: 'Yes.' } }] });
 * const equal = createJudge({ baseUrl: 'http://localhost:8000/v1', model: 'qwen', fetch });
 * (await equal('a half', '1/2')).equal; // true
 */
export function createJudge(
  options: JudgeOptions,
): (answer: string, reference: string, question?: string) => Promise<MathVerdict> {
  requireNames('createJudge', options, {
    baseUrl: true,
    model: true,
    apiKey: true,
    timeout: true,
    retries: true,
    prompt: true,
    fetch: true,
  });
  for (const name of ['baseUrl', 'model'] as const) {
    if (typeof options[name] !== 'string') {
      throw new RangeError(`createJudge: ${name} is ${describeValue(options[name])}; expected a text.`);
    }
  }
  const { baseUrl, model, apiKey, timeout = 30_000, retries = 2, prompt = ask } = options;
  const address = `${baseUrl.replace(/\/+$/, '')}/chat/completions`;

  const once = async (content: string): Promise<MathVerdict> => {
    const send = options.fetch ?? globalThis.fetch;
    const response = await send(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
      body: JSON.stringify({ model, temperature: 0, max_tokens: 16, messages: [{ role: 'user', content }] }),
      signal: AbortSignal.timeout(timeout),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const body = (await response.json()) as { choices?: { message?: { content?: unknown } }[] };
    const reply = body.choices?.[0]?.message?.content;
    const word = typeof reply === 'string' ? /\b(yes|no)\b/i.exec(reply)?.[1]?.toLowerCase() : undefined;
    if (word === undefined) throw new Error(`the reply is ${JSON.stringify(reply)?.slice(0, 80)}`);
    return { equal: word === 'yes', why: `the judge ${model} says ${word}` };
  };

  return async (answer, reference, question) => {
    const content = prompt(answer, reference, question);
    for (let attempt = 0; ; attempt++) {
      try {
        return await once(content);
      } catch (error) {
        if (attempt < retries) continue;
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`createJudge: ${address} gave no verdict in ${attempt + 1} attempts: ${reason}.`, {
          cause: error,
        });
      }
    }
  };
}
