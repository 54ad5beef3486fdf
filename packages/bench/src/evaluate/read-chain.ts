import type { EvaluationSample, Fault } from './outcome.js';

/** A value of the picture as a reply states it. */
export interface ReadValue {
  readonly expected: string;
  readonly found: string;
  /** [start, end) in the reply. */
  readonly span: readonly [number, number];
}

/**
 * Reads the values that a reply claims to see, by laying it along the reference: the words of the reference
 * up to the full stop after its last perceived value must be there, each value may be another.
 *
 * `I see 4 red, 5 blue. …` against the reference `I see 3 red, 5 blue. …` gives 4 for 3 and 5 for 5.
 *
 * @returns undefined when the reply has not the form of the reference.
 */
export function readChain(
  reply: string,
  reference: string,
  perception: readonly (readonly [number, number])[],
): ReadValue[] | undefined {
  let pattern = '';
  let at = 0;
  for (const [start, end] of perception) {
    pattern += `${wording(reference.slice(at, start))}([\\w:.%°-]+)`;
    at = end;
  }
  pattern += wording(/^[^.]*\./.exec(reference.slice(at))?.[0] ?? '');
  const match = new RegExp(`^\\s*${pattern}`, 'd').exec(reply);
  if (match === null) return undefined;
  return perception.map(([start, end], i) => {
    const span = match.indices?.[i + 1] as [number, number];
    return { expected: reference.slice(start, end), found: reply.slice(...span), span };
  });
}

// `1 circle` and `2 circles` are the same wording: the plural follows from the value that was read.
function wording(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ (circle|square|triangle|star)s?\b/g, ' $1s?');
}

/** Which kind of fault a judged reply has; undefined when the sample does not say what is to be seen. */
export function faultOf(sample: EvaluationSample, reply: string, correct: boolean): Fault | undefined {
  if (sample.reference === undefined || sample.perception === undefined) return undefined;
  if (correct) return 'none';
  const values = readChain(reply, sample.reference, sample.perception);
  if (values === undefined) return 'unreadable';
  return values.some(({ expected, found }) => expected !== found) ? 'perception' : 'reasoning';
}
