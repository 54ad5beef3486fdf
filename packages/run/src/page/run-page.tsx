import { arithmeticInWords } from '../arithmetic-in-words.js';
import { duration } from '../duration.js';
import type { RunStatus } from '../logs/sessions.js';
import { Accuracy } from './accuracy.js';
import { ConnectionStatus } from './connection-status.js';
import { Curves, HeldOutCurves } from './curves.js';
import { formatMoment, formatNumber, formatSeconds, percent, signed } from './format.js';
import { useRun } from './live.js';
import type { RunFacts, RunPageData } from './page-data.js';
import { Phases } from './phases.js';
import { Rollouts } from './rollouts.js';

/** A run: what it is, what it gained, how it went, where the time went, what it said. */
export function RunPage({ initial }: { initial: RunPageData }) {
  const { data, connection } = useRun(initial);
  const { title, status, config, series, evaluation, heldOut, groups, rolledOut } = data;
  return (
    <>
      <header>
        <p class="eyebrow">cppo run</p>
        <div class="bar">
          <h1>{title}</h1>
          <ConnectionStatus connection={connection} />
        </div>
        <p class="soft">{factsOf(config).join(' · ')}</p>
        <Circumstances status={status} />
      </header>
      <main>
        <Ending status={status} done={series.steps.at(-1) ?? 0} steps={config.steps} />
        <Headline data={data} />
        <Accuracy rows={evaluation} />
        <HeldOutCurves series={heldOut} />
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

/** When, how long, on what and by which code. */
function Circumstances({ status }: { status: RunStatus }) {
  const { started, seconds, engine, version, commit, state } = status;
  if (started === undefined) return null;
  const spent =
    seconds === undefined ? [] : [`${state === 'running' ? 'so far' : 'took'} ${duration(seconds)}`];
  const code = `cppo ${version ?? ''}${commit === undefined ? '' : `, commit ${commit}`}`;
  return (
    <p class="soft">{[formatMoment(started), ...spent, ...(engine ? [engine] : []), code].join(' · ')}</p>
  );
}

const endings = { failed: 'Failed', stopped: 'Stopped', finished: 'Finished' } as const;

/** Says that a run is unfinished, and how to resume it. */
function Ending({ status, done, steps }: { status: RunStatus; done: number; steps: number }) {
  const { state, reason, resume } = status;
  if (state === 'running' || (state === 'finished' && reason === undefined)) return null;
  return (
    <div class="ending" role="note">
      <p>
        <b>{endings[state]}</b> after step {formatNumber(done)} of {formatNumber(steps)}
        {reason === undefined ? '.' : `: ${reason.replace(/\.$/, '')}.`}
      </p>
      {resume !== undefined && (
        <p>
          Go on with <code>{resume}</code>
        </p>
      )}
    </div>
  );
}

function Headline({ data: { config, series, evaluation, status } }: { data: RunPageData }) {
  const [main] = evaluation;
  const last = (name: string) => recent(series.columns[name] ?? [], series.stride);
  const done = series.steps.at(-1) ?? 0;
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
      <Tile name="Steps" value={formatNumber(done)} note={`of ${formatNumber(config.steps)}`} />
      {reward !== undefined && (
        <Tile name="Reward" value={signless(reward.mean.toFixed(2))} note={ofLast(reward.steps)} />
      )}
      {seconds !== undefined && (
        <Tile
          name="Time a step"
          value={formatSeconds(Number(seconds.mean.toPrecision(2)))}
          note={tokens === undefined ? '' : `${formatNumber(Math.round(tokens.mean))} tokens a second`}
        />
      )}
      {status.state === 'running' && seconds !== undefined && (
        <Tile
          name="Time left"
          value={duration(seconds.mean * Math.max(0, config.steps - done))}
          note={`at ${formatSeconds(Number(seconds.mean.toPrecision(2)))} a step, evaluation not counted`}
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

/** Points that a mean of the last steps is of, at most. */
const lastPoints = 10;

interface Recent {
  readonly mean: number;
  /** That it is the mean of. */
  readonly steps: number;
}

function factsOf(config: RunFacts): string[] {
  const { objective, model, data, rollout, seed, weights, activations } = config;
  return [
    ...(objective === undefined ? [] : [objective.type]),
    ...(model === undefined ? [] : [`model ${model}`]),
    ...(data === undefined ? [] : [`data ${String(data.train)}`]),
    ...(rollout === undefined
      ? []
      : [`${rollout.prompts} prompts × ${rollout.completions} completions a step`]),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
    arithmeticInWords({
      ...(weights === undefined ? {} : { weights }),
      ...(activations === undefined ? {} : { activations }),
      ...(rollout?.cache === undefined ? {} : { cache: rollout.cache }),
    }),
  ];
}

/** @param stride steps that a point is the mean of. */
function recent(values: readonly (number | null)[], stride: number): Recent | undefined {
  const known = values.filter((value) => value !== null).slice(-lastPoints);
  if (known.length === 0) return undefined;
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, steps: known.length * stride };
}

const ofLast = (steps: number) =>
  steps === 1 ? 'of one step' : `mean of the last ${formatNumber(steps)} steps`;

/** No zero below zero, and a true minus sign. */
const signless = (text: string) => (Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−'));
