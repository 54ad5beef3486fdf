import { formatSeconds } from './format.js';
import type { Series } from './page-data.js';

/** Seconds of each phase of a step on average, longest first. */
export function Phases({ series }: { series: Series }) {
  const { phases, step } = phaseMeans(series);
  const [slowest] = phases;
  if (slowest === undefined) return null;
  const longest = slowest.seconds;
  return (
    <section aria-labelledby="phases">
      <h2 id="phases">Where a step’s {formatSeconds(step)} go</h2>
      <table class="phases">
        <thead class="unseen">
          <tr>
            <th scope="col">phase</th>
            <th scope="col">seconds a step</th>
            <th scope="col">share</th>
            <th scope="col">bar</th>
          </tr>
        </thead>
        <tbody>
          {phases.map(({ name, seconds }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{formatSeconds(seconds)}</td>
              <td>{((seconds / step) * 100).toFixed(seconds / step < 0.1 ? 1 : 0)} %</td>
              <td class="bar-cell">
                <i style={{ width: `${((seconds / longest) * 100).toFixed(1)}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function phaseMeans({ columns }: Series): { phases: { name: string; seconds: number }[]; step: number } {
  const mean = (values: readonly (number | null)[]) =>
    values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / Math.max(1, values.length);
  const phases = Object.entries(columns)
    .filter(([name]) => name.startsWith('seconds/') && name !== 'seconds/step')
    .map(([name, values]) => ({ name: name.slice('seconds/'.length), seconds: mean(values) }));
  const sum = phases.reduce((total, { seconds }) => total + seconds, 0);
  const step = Math.max(sum, mean(columns['seconds/step'] ?? []));
  // What no phase claims: reading, logging, checkpoints within the step.
  if (step - sum > 0.01 * step) phases.push({ name: 'other', seconds: step - sum });
  return {
    phases: phases.filter(({ seconds }) => seconds > 0).sort((a, b) => b.seconds - a.seconds),
    step,
  };
}
