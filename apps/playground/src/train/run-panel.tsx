import { Accuracy, Curves, Rollouts, toSeries } from '@cppo/run/page';
import { useId, useMemo, useState } from 'preact/hooks';
import type { ModelChoice } from '../worker/model-choice.js';
import type { RunChoice } from '../worker/train-messages.js';
import { KeepRun } from './keep-run.js';
import { RunSettings } from './run-settings.js';
import { useRun } from './use-run.js';

interface PanelProps {
  readonly name: string;
  readonly initial: RunChoice;
  /** What a start from now on begins with. */
  readonly model: ModelChoice;
  readonly threads: number;
}

/** One run: its settings, its curves as they come, its rollouts, and what it gained. */
export function RunPanel({ name, initial, model, threads }: PanelProps) {
  const id = useId();
  const [choice, setChoice] = useState(initial);
  const [begun, setBegun] = useState({ choice: initial, model });
  const { run, start, pause, goOn, keepModel } = useRun(`cppo-run-${name}.zip`);
  const { steps, groups, rolledOut, evaluation } = run;
  // What has not changed is not drawn again: a word of progress comes many times a second.
  const curves = useMemo(() => steps.length > 0 && <Curves series={toSeries(steps)} of={id} />, [steps, id]);
  const rollouts = useMemo(
    () =>
      groups.length > 0 && (
        <Rollouts of={id} groups={groups} rolledOut={{ groups: rolledOut, steps: steps.length }} />
      ),
    [groups, rolledOut, steps, id],
  );
  const started = run.state === 'running' || run.state === 'paused';
  return (
    <article class="run" aria-labelledby={id}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const begins = { choice: { ...choice, trained: trainedOf(model, choice) }, model };
          setBegun(begins);
          start(begins.choice, model, threads);
        }}
      >
        <h3 id={id}>Run {name}</h3>
        <RunSettings name={name} choice={choice} own={isWhole(model)} onChange={setChoice} />
        <div class="controls">
          <button type="submit" class="main">
            {run.state === 'idle' ? 'Train' : 'Start again'}
          </button>
          {started && (
            <button type="button" onClick={run.state === 'paused' ? goOn : pause}>
              {run.state === 'paused' ? 'Go on' : 'Pause'}
            </button>
          )}
          <p
            class={run.state === 'failed' ? 'wrong' : 'soft'}
            role={run.state === 'failed' ? 'alert' : 'status'}
          >
            {run.said}
          </p>
        </div>
        {steps.length > 0 && <KeepRun {...{ name, run, keepModel, ...begun }} />}
      </form>
      {/* A form each: the radio buttons of one run are no group with those of another. */}
      <form onSubmit={(event) => event.preventDefault()}>
        <Accuracy rows={evaluation} of={id} />
        {curves}
        {rollouts}
      </form>
    </article>
  );
}

/** Whether a model is the reader's, with no adapter on it. */
const isWhole = (model: ModelChoice) => model !== 'shipped' && model.adapterRank === undefined;

function trainedOf(model: ModelChoice, choice: RunChoice): RunChoice['trained'] {
  if (isWhole(model)) return choice.trained;
  return model === 'shipped' ? 'all' : 'adapters';
}
