import { Accuracy, Curves, Rollouts, toSeries } from '@cppo/run/page';
import { useId, useMemo, useState } from 'preact/hooks';
import type { RunChoice, StepFigures } from '../worker/train-messages.js';
import { RunSettings } from './run-settings.js';
import { useRun } from './use-run.js';

interface PanelProps {
  readonly name: string;
  readonly initial: RunChoice;
}

/** One run: its settings, its curves as they come, its rollouts, and what it gained. */
export function RunPanel({ name, initial }: PanelProps) {
  const id = useId();
  const [choice, setChoice] = useState(initial);
  const { run, start, pause, goOn } = useRun();
  const series = useMemo(() => toSeries(run.steps), [run.steps]);
  const started = run.state === 'running' || run.state === 'paused';
  return (
    <article class="run" aria-labelledby={id}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          start(choice);
        }}
      >
        <h3 id={id}>Run {name}</h3>
        <RunSettings name={name} choice={choice} onChange={setChoice} />
        <div class="controls">
          <button type="submit" class="main">
            {run.state === 'idle' ? 'Train' : 'Start again'}
          </button>
          {started && (
            <button type="button" onClick={run.state === 'paused' ? goOn : pause}>
              {run.state === 'paused' ? 'Go on' : 'Pause'}
            </button>
          )}
          {run.steps.length > 0 && (
            <a download="metrics.jsonl" href={asJsonLines(run.steps)}>
              Figures
            </a>
          )}
          <p
            class={run.state === 'failed' ? 'wrong' : 'soft'}
            role={run.state === 'failed' ? 'alert' : 'status'}
          >
            {run.said}
          </p>
        </div>
      </form>
      {/* A form each: the radio buttons of one run are no group with those of another. */}
      <form onSubmit={(event) => event.preventDefault()}>
        <Accuracy rows={run.evaluation} of={id} />
        {run.steps.length > 0 && <Curves series={series} of={id} />}
        {run.groups.length > 0 && (
          <Rollouts
            of={id}
            groups={run.groups}
            rolledOut={{ groups: run.rolledOut, steps: run.steps.length }}
          />
        )}
      </form>
    </article>
  );
}

/** A file of one line a step, as `metrics.jsonl` of `cppo train`. */
function asJsonLines(steps: readonly StepFigures[]): string {
  const lines = steps.map((step) => `${JSON.stringify(step)}\n`).join('');
  return `data:application/jsonl,${encodeURIComponent(lines)}`;
}
