import { arithmeticInWords } from '../../config/arithmetic.js';
import type { RunPageData } from '../page-data.js';
import { Accuracy } from './accuracy.js';
import { Curves } from './curves.js';
import { formatNumber, formatSeconds, percent, signed } from './format.js';
import { type Connection, useRun } from './live.js';
import { Phases } from './phases.js';
import { Rollouts } from './rollouts.js';

/** A run: what it is, what it gained, how it went, where the time went, what it said. */
export function RunPage({ initial }: { initial: RunPageData }) {
  const { data, connection } = useRun(initial);
  const { title, config, series, evaluation, groups, rolledOut } = data;
  return (
    <>
      <header>
        <p class="eyebrow">cppo run</p>
        <div class="bar">
          <h1>{title}</h1>
          <Status connection={connection} />
        </div>
        <p class="soft">
          {config.objective.type} · model {config.model} · data {String(config.data.train)} ·{' '}
          {config.rollout.prompts} prompts × {config.rollout.completions} completions a step · seed{' '}
          {config.seed} · {numbersOf(config)}
        </p>
      </header>
      <main>
        <Headline data={data} />
        <Accuracy rows={evaluation} />
        {series.steps.length > 0 ? (
          <>
            <Curves series={series} />
            <Phases series={series} />
          </>
        ) : (
          <p class="empty">No step is done yet.</p>
        )}
        {groups.length > 0 && <Rollouts groups={groups} rolledOut={rolledOut} />}
        <section aria-labelledby="configuration">
          <h2 id="configuration">Configuration</h2>
          <details>
            <summary>config.json</summary>
            <pre>{JSON.stringify(config, null, 2)}</pre>
          </details>
        </section>
      </main>
    </>
  );
}

const told: Readonly<Record<Exclude<Connection, 'none'>, string>> = {
  live: '● live',
  lost: '○ connection lost, trying again',
  ended: '■ ended',
};

function Status({ connection }: { connection: Connection }) {
  if (connection === 'none') return null;
  return (
    <p class={`status ${connection}`} role="status">
      {told[connection]}
    </p>
  );
}

function Headline({ data: { config, series, evaluation } }: { data: RunPageData }) {
  const [main] = evaluation;
  const last = (name: string) => recent(series.columns[name] ?? []);
  const reward = last('reward/mean');
  const seconds = last('seconds/step');
  const tokens = last('tokens/second');
  return (
    <dl class="headline">
      {main !== undefined && (
        <Tile
          name={`Held-out ${main.name}`}
          value={percent((main.after ?? main.before)?.value)}
          note={
            main.before && main.after
              ? `${signed((main.after.value - main.before.value) * 100, 1)} points, from ${percent(main.before.value)}`
              : 'before training'
          }
        />
      )}
      <Tile
        name="Steps"
        value={formatNumber(series.steps.at(-1) ?? 0)}
        note={`of ${formatNumber(config.steps)}`}
      />
      {reward !== undefined && (
        <Tile name="Reward" value={reward.toFixed(2)} note="mean of the last ten steps" />
      )}
      {seconds !== undefined && (
        <Tile
          name="Time a step"
          value={formatSeconds(Number(seconds.toPrecision(2)))}
          note={tokens === undefined ? '' : `${formatNumber(Math.round(tokens))} tokens a second`}
        />
      )}
    </dl>
  );
}

function Tile({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div class="tile">
      <dt>{name}</dt>
      <dd>
        <b>{value}</b> <span class="soft">{note}</span>
      </dd>
    </div>
  );
}

function recent(values: readonly (number | null)[]): number | undefined {
  const known = values.filter((value) => value !== null).slice(-10);
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0) / known.length;
}

function numbersOf({ weights, activations, rollout: { cache } }: RunPageData['config']): string {
  return arithmeticInWords({
    ...(weights === undefined ? {} : { weights }),
    ...(activations === undefined ? {} : { activations }),
    ...(cache === undefined ? {} : { cache }),
  });
}
