import type { RecordedTurn } from '../logs/rollout-log.js';

/**
 * The turns of a conversation besides the one that asks, the user's last: instructions, what was said before, and the
 * beginning of an answer.
 */
export function OtherTurns({ turns }: { readonly turns: readonly RecordedTurn[] }) {
  const asks = turns.findLastIndex(({ role }) => role === 'user');
  if (turns.length < 2) return null;
  return (
    <dl class="turns">
      {turns.map(({ role, text }, i) =>
        i === asks ? null : (
          <div key={`${i}`}>
            <dt>{i > asks ? `${role}, as the answer begins` : role}</dt>
            <dd>{text}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
