import { useMemo, useState } from 'preact/hooks';
import { ChartGrid } from './chart-grid.js';
import type { ComparedRun } from './comparison-data.js';
import { curveNames, titleOf } from './curve-titles.js';
import { OverlayChart } from './overlay-chart.js';
import { SmoothingSlider } from './smoothing-slider.js';

/** The curves of several runs over one another, a chart for each figure that one of them has. */
export function Overlays({ runs }: { runs: readonly ComparedRun[] }) {
  const [smoothing, setSmoothing] = useState(0.9);
  const steps = useMemo(() => allSteps(runs), [runs]);
  if (steps.length === 0) return null;
  const { first, others } = curveNames(
    Object.assign({}, ...runs.flatMap((run) => curvesOf(run).map(({ columns }) => columns))),
  );
  const charts = (names: readonly string[]) => (
    <ChartGrid steps={steps} items={names}>
      {(name, place) => (
        <OverlayChart
          key={name}
          title={titleOf(name)}
          lines={linesOf(runs, name)}
          steps={steps}
          smoothing={smoothing}
          {...place}
        />
      )}
    </ChartGrid>
  );
  return (
    <section aria-labelledby="curves">
      <div class="bar">
        <h2 id="curves">Curves</h2>
        <SmoothingSlider value={smoothing} onChange={setSmoothing} />
      </div>
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

function linesOf(runs: readonly ComparedRun[], figure: string) {
  return runs.flatMap((run) =>
    curvesOf(run).flatMap(({ steps, columns }) => {
      const values = columns[figure];
      return values === undefined ? [] : [{ name: run.name, colour: run.arm, steps, values }];
    }),
  );
}

function allSteps(runs: readonly ComparedRun[]): number[] {
  const steps = runs.flatMap((run) => curvesOf(run).flatMap((series) => series.steps));
  return [...new Set(steps)].sort((a, b) => a - b);
}

const curvesOf = ({ series, heldOut }: ComparedRun) => [series, heldOut];
