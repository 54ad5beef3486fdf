import { useId, useState } from 'preact/hooks';
import { Chart } from './chart.js';
import { ChartGrid } from './chart-grid.js';
import { curveNames, titleOf } from './curve-titles.js';
import { namedBy, type OfRun } from './of-run.js';
import type { Series } from './page-data.js';
import { SmoothingSlider } from './smoothing-slider.js';

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
  return (
    <section aria-labelledby="held-out">
      <h2 id="held-out">Held-out questions while it trained</h2>
      <ChartGrid steps={steps} items={Object.entries(columns)}>
        {([name, values], place) => (
          <Chart
            key={name}
            title={heldOutTitles[name] ?? name}
            values={values}
            steps={steps}
            smoothing={0}
            {...place}
          />
        )}
      </ChartGrid>
    </section>
  );
}

/** Small curves with one cursor and one smoothing. */
export function Curves({ series, ...ofRun }: { series: Series } & OfRun) {
  const id = useId();
  const [smoothing, setSmoothing] = useState(0.9);
  const { steps, columns, stride } = series;
  const { first, others } = curveNames(columns);
  const charts = (names: readonly string[]) => (
    <ChartGrid steps={steps} items={names}>
      {(name, place) => (
        <Chart
          key={name}
          title={titleOf(name)}
          values={columns[name] ?? []}
          steps={steps}
          smoothing={smoothing}
          {...place}
        />
      )}
    </ChartGrid>
  );
  return (
    <section aria-labelledby={namedBy(id, ofRun)}>
      <div class="bar">
        <h2 id={id}>Curves</h2>
        <SmoothingSlider value={smoothing} onChange={setSmoothing} />
      </div>
      {stride > 1 && <p class="soft">Each point is the mean of {stride} steps.</p>}
      {charts(first)}
      {others.length > 0 && (
        <details class="more">
          <summary>{others.length} more</summary>
          {charts(others)}
        </details>
      )}
    </section>
  );
}
