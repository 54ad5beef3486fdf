import { useState } from 'preact/hooks';
import { download } from '../download.js';
import type { ModelChoice } from '../worker/model-choice.js';
import type { RunChoice } from '../worker/train-messages.js';
import { runPage } from './run-page.js';
import type { RunSoFar } from './use-run.js';

interface KeepProps {
  readonly name: string;
  readonly run: RunSoFar;
  /** What it was started with. */
  readonly choice: RunChoice;
  readonly model: ModelChoice;
  keepModel(): void;
}

/** What a reader takes home of a run: its model between steps, its page and its figures at any time. */
export function KeepRun({ name, run, choice, model, keepModel }: KeepProps) {
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const keepPage = async () => {
    setProblem(undefined);
    try {
      download(`cppo-run-${name}.html`, await runPage(run, choice, model));
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const keepFigures = () => {
    const lines = run.steps.map((step) => `${JSON.stringify(step)}\n`);
    download('metrics.jsonl', new Blob(lines, { type: 'application/jsonl' }));
  };
  const resting = run.state === 'paused' || run.state === 'ended';
  return (
    <fieldset class="controls keep">
      <legend class="soft">Keep run {name}</legend>
      <button
        type="button"
        disabled={!resting}
        title={resting ? undefined : 'Once it is paused or done.'}
        onClick={keepModel}
      >
        Model
      </button>
      <button type="button" onClick={keepPage}>
        Page
      </button>
      <button type="button" onClick={keepFigures}>
        Figures
      </button>
      {problem !== undefined && (
        <p role="alert" class="wrong">
          {problem}
        </p>
      )}
    </fieldset>
  );
}
