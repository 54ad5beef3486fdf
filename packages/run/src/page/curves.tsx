import { useId, useState } from 'preact/hooks';
import { Chart, type Curve } from './chart.js';
import type { Series } from './page-data.js';
import { horizontal, nextIndex, useFocusMove, vertical } from './roving.js';

/** Figures that most people look at first, in this order; loss terms besides these follow the loss. */
const titles: Readonly<Record<string, string>> = {
  'reward/mean': 'Reward',
  'reward/accuracy': 'Accuracy',
  'completion/length': 'Completion length, tokens',
  'loss/total': 'Loss',
  'loss/policy': 'Policy loss',
  'loss/cppo': 'Perception loss (CPL)',
  'loss/kl': 'KL loss',
  'policy/kl': 'KL to the reference, nats',
  'policy/entropy': 'Entropy, nats',
  'gradient/norm': 'Gradient norm',
  'cppo/tokens': 'Perception tokens a step',
  'cppo/shift': 'Mean ΔH, nats',
  'groups/zeroVariance': 'Groups with equal rewards',
  'tokens/second': 'Tokens a second',
  'process/memory': 'Memory of the process, GB',
  'process/processor': 'Share of the processors',
};

/** The held-out figures of a run that was evaluated while it trained, as they were measured. */
const heldOutTitles: Readonly<Record<string, string>> = {
  'evaluation/accuracy': 'Accuracy of an answer',
  'evaluation/majority': 'Accuracy of the most frequent answer',
  'evaluation/pass': 'Questions with a right answer',
  'evaluation/format': 'Format',
};

/** Held-out figures over the steps. */
export function HeldOutCurves({ series: { steps, columns } }: { series: Series }) {
  if (steps.length === 0) return null;
  const curves = Object.entries(columns).map(([name, values]) => ({
    title: heldOutTitles[name] ?? name,
    values,
  }));
  return (
    <section aria-labelledby="held-out">
      <h2 id="held-out">Held-out questions while it trained</h2>
      <Charts steps={steps} smoothing={0} curves={curves} />
    </section>
  );
}

/** Small curves with one cursor and one smoothing; arrow keys move within and among them. */
export function Curves({ series }: { series: Series }) {
  const id = useId();
  const [smoothing, setSmoothing] = useState(0.9);
  const names = Object.keys(series.columns).filter(
    (name) => !name.startsWith('seconds/') && series.columns[name]?.some((value) => value !== null),
  );
  const first = Object.keys(titles).filter((name) => names.includes(name));
  const losses = names.filter((name) => name.startsWith('loss/') && !(name in titles));
  const others = names.filter((name) => !first.includes(name) && !losses.includes(name));
  const curve = (name: string): Curve => ({
    title: titles[name] ?? name,
    values: series.columns[name] ?? [],
  });
  const shared = { steps: series.steps, smoothing };
  return (
    <section aria-labelledby={id}>
      <div class="bar">
        <h2 id={id}>Curves</h2>
        <label class="smoothing">
          Smoothing
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={smoothing}
            aria-valuetext={smoothing.toFixed(2)}
            onInput={(event) => setSmoothing(Number(event.currentTarget.value))}
          />
          <output>{smoothing.toFixed(2)}</output>
        </label>
      </div>
      {series.stride > 1 && <p class="soft">Each point is the mean of {series.stride} steps.</p>}
      <Charts {...shared} curves={[...first, ...losses].map(curve)} />
      {others.length > 0 && (
        <details class="more">
          <summary>{others.length} more</summary>
          <Charts {...shared} curves={others.map(curve)} />
        </details>
      )}
    </section>
  );
}

function Charts({
  curves,
  steps,
  smoothing,
}: Pick<Series, 'steps'> & { curves: Curve[]; smoothing: number }) {
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const [active, setActive] = useState(0);
  const { widget, moveTo } = useFocusMove<HTMLDivElement>();
  const onKeyDown = (event: KeyboardEvent) => {
    const chart = nextIndex(event.key, active, curves.length, vertical);
    const pages = event.shiftKey ? 10 : 1;
    const last = steps.length - 1;
    const inside = nextIndex(event.key, cursor ?? last, steps.length, horizontal);
    if (event.key === 'Escape') setCursor(undefined);
    else if (inside !== undefined) {
      const from = cursor ?? last;
      const jump = event.key.startsWith('Arrow') ? (inside - from) * pages : inside - from;
      setCursor(Math.max(0, Math.min(last, from + jump)));
    } else if (chart !== undefined) {
      setActive(chart);
      moveTo(chart);
    } else return;
    event.preventDefault();
  };
  return (
    <div class="charts" ref={widget}>
      {curves.map((curve, i) => (
        <Chart
          key={curve.title}
          {...curve}
          steps={steps}
          smoothing={smoothing}
          cursor={cursor}
          index={i}
          tabStop={i === Math.min(active, curves.length - 1)}
          onCursor={setCursor}
          onKeyDown={onKeyDown}
        />
      ))}
    </div>
  );
}
