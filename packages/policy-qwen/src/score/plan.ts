import type { AttentionPattern } from '../model/attention-layout.js';
import type { EncodedPrompt } from '../prompt.js';

/** One prompt with completions whose tokens are to be scored. */
export interface ScoreRequest {
  readonly prompt: EncodedPrompt;
  /** Token ids of each completion; none may be empty. */
  readonly completions: readonly Int32Array[];
}

/**
 * The flat token matrix of some requests: what all prompts begin with, the rest of each, then all completions without
 * their last token (nothing follows it, so it is never an input). N rows in, M scored tokens out, B completions of at most T tokens.
 */
export interface ScorePlan {
  /** [N] */
  readonly ids: Int32Array;
  /** [3·N] */
  readonly positions: Int32Array;
  readonly pattern: AttentionPattern;
  /** [M] the token to score, completion after completion. */
  readonly targets: Int32Array;
  /** [M] the row of the flat matrix that predicts it; the last row of a prompt predicts all its first tokens. */
  readonly rows: Int32Array;
  /** [B] tokens of each completion. */
  readonly lengths: readonly number[];
}

/**
 * @param prefix tokens that all prompts begin with, as `sharedPrefix` counts them.
 * @throws RangeError when there is nothing to score.
 */
export function scorePlan(requests: readonly ScoreRequest[], prefix = 0): ScorePlan {
  const ids: number[] = [];
  const positions: [number[], number[], number[]] = [[], [], []];
  const targets: number[] = [];
  const rows: number[] = [];
  const lastRows: number[] = [];
  const lengths: number[] = [];
  if (requests.length === 0) throw new RangeError('score: found no request, expected at least one.');
  const put = ({ ids: all, positions: places }: EncodedPrompt, from: number, to: number) => {
    for (let token = from; token < to; token++) {
      ids.push(all[token] as number);
      positions.forEach((axis, index) => {
        axis.push(places[index * all.length + token] as number);
      });
    }
  };
  put((requests[0] as ScoreRequest).prompt, 0, prefix);
  for (const { prompt } of requests) {
    put(prompt, prefix, prompt.ids.length);
    lastRows.push(ids.length - 1);
  }
  const continuations = requests.map(({ prompt, completions }, request) => {
    if (completions.length === 0)
      throw new RangeError(`score: request ${request} has no completion, expected at least one.`);
    return completions.map((completion, index) => {
      if (completion.length === 0) {
        throw new RangeError(
          `score: completion ${index} of request ${request} is empty, expected at least one token.`,
        );
      }
      lengths.push(completion.length);
      completion.forEach((target, token) => {
        targets.push(target);
        rows.push(token === 0 ? (lastRows[request] as number) : ids.length - 1);
        if (token === completion.length - 1) return;
        const position = prompt.ids.length + token + prompt.ropeDelta;
        ids.push(target);
        for (const axis of positions) axis.push(position);
      });
      return completion.length - 1;
    });
  });
  return {
    ids: Int32Array.from(ids),
    positions: Int32Array.from(positions.flat()),
    pattern: {
      prefix,
      lengths: requests.map(({ prompt }) => prompt.ids.length - prefix),
      causal: true,
      continuations,
    },
    targets: Int32Array.from(targets),
    rows: Int32Array.from(rows),
    lengths,
  };
}
