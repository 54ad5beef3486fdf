import { useId } from 'preact/hooks';
import type { Measured } from '../logs/measured.js';
import { percent, signed } from './format.js';
import { namedBy, type OfRun } from './of-run.js';
import type { EvaluationRow } from './page-data.js';

/** Held-out accuracy before and after, with 95 % intervals: a table whose last column is also a picture. */
export function Accuracy({ rows, ...ofRun }: { rows: readonly EvaluationRow[] } & OfRun) {
  const id = useId();
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby={namedBy(id, ofRun)}>
      <h2 id={id}>Held-out accuracy</h2>
      <table class="accuracy">
        <thead>
          <tr>
            <th scope="col">measure</th>
            <th scope="col">before</th>
            <th scope="col">after</th>
            <th scope="col">points</th>
            <th scope="col" class="track-head">
              <span class="key before" /> before <span class="key after" /> after, with 95 % intervals, 0 to
              100 %
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, task, before, after }) => (
            <tr key={name} class={task ? 'task' : ''}>
              <th scope="row">{name}</th>
              <td>{percent(before?.value)}</td>
              <td>
                <b>{percent(after?.value)}</b>
              </td>
              <td>{before && after ? signed((after.value - before.value) * 100, 1) : '–'}</td>
              <td class="track-cell">
                <Track before={before} after={after} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface Ends {
  readonly before: Measured | undefined;
  readonly after: Measured | undefined;
}

function Track({ before, after }: Ends) {
  const at = (share: number) => `${(share * 100).toFixed(1)}%`;
  const interval = (name: string, { low, high }: Measured) =>
    low === undefined || high === undefined ? null : (
      <i class={`interval ${name}`} style={{ left: at(low), width: at(high - low) }} />
    );
  return (
    <div class="track" aria-hidden="true">
      {before && interval('before', before)}
      {after && interval('after', after)}
      {before && <i class="end before" style={{ left: at(before.value) }} />}
      {after && <i class="end after" style={{ left: at(after.value) }} />}
    </div>
  );
}
