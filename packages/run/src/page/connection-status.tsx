import type { Connection } from './live.js';

const told: Readonly<Record<Exclude<Connection, 'none'>, string>> = {
  live: '● live',
  lost: '○ connection lost, trying again',
  ended: '■ ended',
};

/** How a served page stands with what it shows. */
export function ConnectionStatus({ connection }: { connection: Connection }) {
  if (connection === 'none') return null;
  return (
    <p class={`status ${connection}`} role="status">
      {told[connection]}
    </p>
  );
}
