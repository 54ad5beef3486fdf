import { useState } from 'preact/hooks';
import { duration } from '../duration.js';
import type { Measured } from '../logs/measured.js';
import type { ComparedArm, ComparedRun, ComparisonPageData } from './comparison-data.js';
import { useComparison } from './comparison-live.js';
import { ConnectionStatus } from './connection-status.js';
import { formatNumber, percent, signed } from './format.js';
import { colourClass } from './overlay-chart.js';
import { Overlays } from './overlays.js';

/** Lines that can still be told apart: as many runs are drawn at first. */
const shownAtFirst = 8;

/** Runs beside one another: what they gained, how they went, where their configurations differ. */
export function ComparisonPage({ initial }: { initial: ComparisonPageData }) {
  const { data, connection } = useComparison(initial);
  const { title, arms, runs, measure, settings } = data;
  const [chosen, setChosen] = useState<Readonly<Record<string, boolean>>>({});
  const isShown = (run: ComparedRun, i: number) => chosen[run.name] ?? i < shownAtFirst;
  return (
    <>
      <header>
        <p class="eyebrow">cppo runs</p>
        <div class="bar">
          <h1>{title}</h1>
          <ConnectionStatus connection={connection} />
        </div>
      </header>
      <main>
        {runs.length === 0 && <p class="empty">There is no run yet.</p>}
        {measure !== undefined && <Results arms={arms} runs={runs} measure={measure} />}
        {runs.length > 0 && (
          <section aria-labelledby="runs">
            <h2 id="runs">Runs</h2>
            <ul class="compared" aria-labelledby="runs">
              {runs.map((run, i) => (
                <RunItem
                  key={run.name}
                  run={run}
                  shown={isShown(run, i)}
                  onShow={(shown) => setChosen({ ...chosen, [run.name]: shown })}
                />
              ))}
            </ul>
          </section>
        )}
        <Overlays runs={runs.filter(isShown)} />
        {settings.length > 0 && <Settings arms={arms} settings={settings} />}
      </main>
    </>
  );
}

function Results({ arms, runs, measure }: Pick<ComparisonPageData, 'arms' | 'runs'> & { measure: string }) {
  const [first] = arms;
  const paired = arms.some(({ difference }) => difference?.paired === 'questions');
  const unpaired = arms.some(({ difference }) => difference?.paired === 'none');
  return (
    <section aria-labelledby="results">
      <h2 id="results">Held-out {measure}</h2>
      <table class="arms">
        <thead>
          <tr>
            <th scope="col">configuration</th>
            <th scope="col">runs</th>
            <th scope="col">{measure}</th>
            <th scope="col">points against the first</th>
          </tr>
        </thead>
        <tbody>
          {arms.map(({ name, result, difference }, arm) => (
            <tr key={name}>
              <th scope="row">
                <i class={`swatch ${colourClass(arm)}`} /> <span>{name}</span>
              </th>
              <td data-label="runs">{runs.filter((run) => run.arm === arm).length}</td>
              <td data-label={measure}>
                <b>{percent(result?.value)}</b> <span class="soft">{intervalOf(result)}</span>
              </td>
              <td data-label="points against the first">
                {difference === undefined ? '–' : <b>{signed(difference.value * 100, 1)}</b>}{' '}
                {difference && (
                  <span class="soft">
                    {signed(difference.low * 100, 1)} to {signed(difference.high * 100, 1)}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft">
        With 95 % intervals, against {first?.name}.
        {paired && ' Differences are paired by question, and by seed where several runs share one.'}
        {unpaired &&
          ' Where the questions or their single results differ, the interval is that of independent questions.'}
      </p>
    </section>
  );
}

function intervalOf(result: Measured | undefined): string {
  const { low, high } = result ?? {};
  return low === undefined || high === undefined
    ? ''
    : `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}`;
}

function RunItem({
  run,
  shown,
  onShow,
}: {
  run: ComparedRun;
  shown: boolean;
  onShow: (shown: boolean) => void;
}) {
  const { name, arm, page, status, done, steps, seed, tags, note, before, after } = run;
  const facts = [
    `${formatNumber(done)} of ${formatNumber(steps)} steps`,
    ...(after === undefined ? [] : [`${before ? `${percent(before.value)} → ` : ''}${percent(after.value)}`]),
    ...(seed === undefined ? [] : [`seed ${seed}`]),
    ...(status.seconds === undefined ? [] : [duration(status.seconds)]),
    ...(status.reason === undefined ? [] : [status.reason]),
  ];
  return (
    <li class={colourClass(arm)}>
      <label>
        <input
          type="checkbox"
          checked={shown}
          aria-label={`curves of ${name}`}
          onChange={(event) => onShow(event.currentTarget.checked)}
        />
        <i class={`swatch ${colourClass(arm)}`} />
      </label>
      <div class="about">
        {page === undefined ? <b>{name}</b> : <a href={page}>{name}</a>}
        {tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
        <div class="soft">
          <span class={`state ${status.state}`}>{status.state}</span> · {facts.join(' · ')}
        </div>
        {note !== undefined && <div>{note}</div>}
      </div>
    </li>
  );
}

function Settings({
  arms,
  settings,
}: {
  arms: readonly ComparedArm[];
  settings: ComparisonPageData['settings'];
}) {
  return (
    <section aria-labelledby="settings">
      <h2 id="settings">What differs in the configuration</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll what is wider than the page. */}
      <section class="wide" aria-label="settings of each configuration" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">key</th>
              {arms.map(({ name }, arm) => (
                <th key={name} scope="col">
                  <i class={`swatch ${colourClass(arm)}`} /> {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {settings.map(({ key, values }) => (
              <tr key={key}>
                <th scope="row">{key}</th>
                {values.map((value, arm) => (
                  <td key={arms[arm]?.name}>{value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
