import { EngineError, PassingError } from './engine-error.js';
import type { Answer, Question } from './question.js';

/** A completion that can be trained on. */
export interface CheckedCompletion {
  readonly tokens: Int32Array;
  readonly logProbs: Float32Array;
  readonly truncated: boolean;
}

/**
 * Checks an answer against what was asked: training on completions of another prompt, or whose tokens and log-probabilities
 * belong apart, fails silently.
 *
 * @returns G completions.
 * @throws EngineError saying what was found and what is expected.
 */
export function checkAnswer(answer: Answer, question: Question): CheckedCompletion[] {
  checkPrompt(answer.prompt, question);
  if (answer.completions.length !== question.completions)
    throw new EngineError(
      `found ${answer.completions.length} completions of prompt ${question.id}, expected ${question.completions}`,
    );
  return answer.completions.map((completion, i) => checkCompletion(completion, i, question));
}

function checkPrompt(prompt: readonly number[], { ids, id }: Question): void {
  const expected = 'expected the same: the same model, chat template and preprocessor_config.json';
  if (prompt.length !== ids.length)
    throw new EngineError(
      `prompt ${id} has ${prompt.length} tokens there and ${ids.length} here, ${expected}`,
    );
  const at = prompt.findIndex((token, i) => token !== -1 && token !== ids[i]);
  if (at < 0) return;
  throw new EngineError(
    `token ${at} of prompt ${id} is ${prompt[at]} there and ${ids[at]} here, ${expected}`,
  );
}

function checkCompletion(
  { tokens, logProbs, finish }: Answer['completions'][number],
  number: number,
  { id, maxTokens, stopIds }: Question,
): CheckedCompletion {
  const wrong = (found: string, expected: string) =>
    new EngineError(`completion ${number} of prompt ${id}: found ${found}, expected ${expected}`);
  if (finish !== 'stop' && finish !== 'length')
    throw new PassingError(`completion ${number} of prompt ${id} ended by ${finish}`);
  if (tokens.length !== logProbs.length)
    throw wrong(`${tokens.length} tokens with ${logProbs.length} log-probabilities`, 'as many of each');
  if (tokens.length === 0 || tokens.length > maxTokens)
    throw wrong(`${tokens.length} tokens`, `1 to ${maxTokens}`);
  const impossible = logProbs.find((each) => !(each <= 1e-3 && each > -1000));
  if (impossible !== undefined) throw wrong(`a log-probability of ${impossible}`, 'one of at most 0');
  const end = tokens.findIndex((token) => stopIds.includes(token));
  if (end >= 0 && end < tokens.length - 1)
    throw wrong(`the end token ${tokens[end]} at ${end} of ${tokens.length}`, 'it last');
  if (end < 0 && finish === 'stop')
    throw wrong(`${tokens.at(-1)} as its last token`, `one of the end tokens ${stopIds.join(', ')}`);
  if (end < 0 && tokens.length < maxTokens)
    throw wrong(
      `it cut off after ${tokens.length} tokens`,
      `room for ${maxTokens}: a larger --max-model-len or --context-length`,
    );
  return {
    tokens: Int32Array.from(tokens),
    logProbs: Float32Array.from(logProbs),
    truncated: end < 0,
  };
}
