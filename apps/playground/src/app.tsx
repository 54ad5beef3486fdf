import { useState } from 'preact/hooks';
import { ModelSection } from './model/model-section.js';
import { See } from './see/see.js';
import { Train } from './train/train.js';
import { missingHere } from './what-is-missing.js';
import type { ModelChoice } from './worker/model-choice.js';

/** The page: what the model sees, and its training. */
export function App() {
  const missing = missingHere();
  const [model, setModel] = useState<ModelChoice>('shipped');
  return (
    <>
      <header>
        <p class="eyebrow">cppo playground</p>
        <h1>Which tokens perceive?</h1>
        <p class="soft lead">
          A vision-language model of 1.6 million parameters with the architecture of Qwen2.5-VL answers
          questions about pictures. Contrastive Perception Policy Optimization finds the tokens that depend on
          the picture by themselves. All of it computes here; nothing leaves this page.
        </p>
      </header>
      <main>
        {missing === undefined ? (
          <>
            <ModelSection model={model} onChoose={setModel} />
            <See model={model} />
            <Train model={model} />
          </>
        ) : (
          <p class="ending" role="alert">
            {missing}
          </p>
        )}
      </main>
    </>
  );
}
