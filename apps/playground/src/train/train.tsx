import { useState } from 'preact/hooks';
import type { RunChoice } from '../worker/train-messages.js';
import { RunPanel } from './run-panel.js';

const usual: RunChoice = {
  ...{ engine: 'wasm', objective: 'cppo', coefficient: 0.002, ratio: 0.5, task: 'digits', seed: 1 },
  ...{ steps: 20, prompts: 12, completions: 8, learningRate: 1e-4, questions: 32 },
};

/** Training from the shipped model; two runs stand side by side. */
export function Train() {
  const [second, setSecond] = useState(false);
  return (
    <section aria-labelledby="train">
      <div class="bar">
        <h2 id="train">Train</h2>
        <button type="button" onClick={() => setSecond(!second)}>
          {second ? 'One run' : 'A second run beside it'}
        </button>
      </div>
      <p class="soft lead">
        The model adds digits that it reads off coloured squares, and is right in a third of its answers. Each
        run starts from it anew. Steps are those of <code>cppo train</code> with the same seed.
      </p>
      <div class={second ? 'runs two' : 'runs'}>
        <RunPanel name="A" initial={usual} />
        {second && <RunPanel name="B" initial={{ ...usual, objective: 'grpo' }} />}
      </div>
    </section>
  );
}
