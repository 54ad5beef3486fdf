import { useState } from 'preact/hooks';
import type { ModelChoice } from '../worker/model-choice.js';
import { usualRun } from '../worker/train-messages.js';
import { RunPanel } from './run-panel.js';

/** Training from the chosen model; two runs stand side by side. */
export function Train({ model }: { model: ModelChoice }) {
  const [second, setSecond] = useState(false);
  const threads = threadsFor(navigator.hardwareConcurrency || 1, second ? 2 : 1);
  return (
    <section aria-labelledby="train">
      <div class="bar">
        <h2 id="train">Train</h2>
        <button type="button" onClick={() => setSecond(!second)}>
          {second ? 'One run' : 'A second run beside it'}
        </button>
      </div>
      <p class="soft lead">
        {model === 'shipped' &&
          'The model adds digits that it reads off coloured squares, and is right in a third of its answers. '}
        Each run starts from the model above anew. Steps are those of <code>cppo train</code> with the same
        seed.
      </p>
      <div class={second ? 'runs two' : 'runs'}>
        <RunPanel name="A" initial={usualRun} model={model} threads={threads} />
        {second && (
          <RunPanel name="B" initial={{ ...usualRun, objective: 'grpo' }} model={model} threads={threads} />
        )}
      </div>
    </section>
  );
}

/** Threads of each of some runs: together they leave a processor to the page where there are more than two. */
export function threadsFor(processors: number, runs: number): number {
  const left = processors > 2 ? processors - 1 : processors;
  return Math.max(1, Math.min(8, Math.floor(left / runs)));
}
