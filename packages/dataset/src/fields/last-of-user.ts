import type { Turn } from '../sample.js';

/** The conversation with another text in the turn that asks. */
export function withLastOfUser(turns: readonly Turn[], text: string): readonly Turn[] {
  const last = turns.findLastIndex(({ role }) => role === 'user');
  return turns.map((turn, at) => (at === last ? { ...turn, text } : turn));
}
