import { describeValue } from '@cppo/checked-options';
import type { EncodedPrompt } from './prompt.js';

/**
 * Checks that prompts are what `encode` gives.
 *
 * @param vocabulary tokens that the model has.
 * @throws RangeError naming the prompt, what was found and what is expected.
 */
export function requireEncoded(caller: string, prompts: readonly EncodedPrompt[], vocabulary: number): void {
  requireList(caller, 'prompts are', prompts);
  for (const [number, prompt] of prompts.entries())
    requirePrompt(caller, `prompt ${number}`, prompt, vocabulary);
}

/** A prompt and its completions, as `score` takes them. */
interface CheckedRequest {
  readonly prompt: EncodedPrompt;
  readonly completions: readonly ArrayLike<number>[];
}

/** The same of requests for scores, and of their completions' tokens. */
export function requireRequests(requests: readonly CheckedRequest[], vocabulary: number): void {
  requireList('score', 'requests are', requests);
  for (const [number, request] of requests.entries()) {
    requirePrompt('score', `the prompt of request ${number}`, request?.prompt, vocabulary);
    requireList('score', `completions of request ${number} are`, request.completions);
    for (const [index, tokens] of request.completions.entries()) {
      requireTokens('score', `completion ${index} of request ${number}`, tokens, vocabulary);
    }
  }
}

function requirePrompt(caller: string, what: string, prompt: EncodedPrompt, vocabulary: number): void {
  if (typeof prompt !== 'object' || prompt === null) {
    throw new RangeError(`${caller}: ${what} is ${describeValue(prompt)}, expected what encode gives.`);
  }
  const { ids, images, positions, ropeDelta } = prompt;
  requireTokens(caller, `ids of ${what}`, ids, vocabulary);
  if (ids.length === 0) throw new RangeError(`${caller}: ${what} has no token, expected at least one.`);
  requireList(caller, `images of ${what} are`, images);
  if (positions?.length !== 3 * ids.length) {
    const found = positions?.length === undefined ? describeValue(positions) : `${positions.length} numbers`;
    throw new RangeError(
      `${caller}: positions of ${what} are ${found}, expected ${3 * ids.length}, three for each token.`,
    );
  }
  if (!Number.isSafeInteger(ropeDelta)) {
    throw new RangeError(
      `${caller}: ropeDelta of ${what} is ${describeValue(ropeDelta)}, expected a whole number.`,
    );
  }
}

function requireTokens(caller: string, what: string, tokens: ArrayLike<number>, vocabulary: number): void {
  if (!(tokens instanceof Int32Array || Array.isArray(tokens))) {
    throw new RangeError(
      `${caller}: ${what} is ${describeValue(tokens)}, expected an Int32Array of token ids.`,
    );
  }
  for (const id of tokens) {
    if (Number.isInteger(id) && id >= 0 && id < vocabulary) continue;
    throw new RangeError(
      `${caller}: ${what} holds ${describeValue(id)}, expected token ids from 0 to ${vocabulary - 1}.`,
    );
  }
}

function requireList(caller: string, what: string, list: unknown): void {
  if (Array.isArray(list)) return;
  throw new RangeError(`${caller}: ${what} ${describeValue(list)}, expected a list.`);
}
