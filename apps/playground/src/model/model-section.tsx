import type { WeightFormat } from '@cppo/policy-qwen/formats';
import { useState } from 'preact/hooks';
import type { ModelChoice } from '../worker/model-choice.js';
import { inGigabytes } from '../worker/model-size.js';
import type { ChosenFiles, Need, Survey } from '../worker/survey-messages.js';
import { useSurvey } from './use-survey.js';

interface SectionProps {
  readonly model: ModelChoice;
  onChoose(model: ModelChoice): void;
}

/** Which model is asked and trained: the shipped one, or the reader's. */
export function ModelSection({ model, onChoose }: SectionProps) {
  const { surveyed, look } = useSurvey();
  const choose = (input: HTMLInputElement) => {
    const files = Array.from(input.files ?? []);
    if (files.length > 0) look(withPaths(files));
    // The same files may be chosen again.
    input.value = '';
  };
  return (
    <section aria-labelledby="model">
      <h2 id="model">Model</h2>
      <p role="status">
        {model === 'shipped'
          ? 'The shipped model of 1.6 M parameters.'
          : `Your model: ${model.title}, ${model.weights === undefined ? 'weights as in its files' : `frozen weights in ${model.weights}`}.`}
      </p>
      <details>
        <summary>A model of your own</summary>
        <p class="soft lead">
          Qwen2-VL, Qwen2.5-VL or dense Qwen3-VL in the layout of Hugging Face: config.json, tokenizer,
          preprocessor and safetensors, as files, a folder or a zip archive such as this page saves. An
          adapter (LoRA) beside them is put on it. It is read here, and sent nowhere.
        </p>
        <div class="controls">
          <label class="file">
            <span>Files or an archive</span>
            <input type="file" multiple onChange={({ currentTarget }) => choose(currentTarget)} />
          </label>
          <label class="file">
            <span>A folder</span>
            <input
              type="file"
              ref={(input) => input?.setAttribute('webkitdirectory', '')}
              onChange={({ currentTarget }) => choose(currentTarget)}
            />
          </label>
          {model !== 'shipped' && (
            <button type="button" onClick={() => onChoose('shipped')}>
              Back to the shipped model
            </button>
          )}
        </div>
        {surveyed.state === 'looking' && <p role="status">Reading what the files say…</p>}
        {surveyed.state === 'refused' && (
          <p role="alert" class="wrong">
            {surveyed.reason}
          </p>
        )}
        {surveyed.state === 'known' && <Sizes survey={surveyed.survey} onChoose={onChoose} />}
      </details>
    </section>
  );
}

/** What a model takes in each format, and which of them are taken. */
function Sizes({ survey, onChoose }: { survey: Survey; onChoose(model: ModelChoice): void }) {
  const { title, files, fileBytes, adapterRank, needs, stored, training, room } = survey;
  const fitting = needs.filter(({ asking }) => asking <= room);
  const asStored = fitting.find(({ weights }) => weights === stored) ?? fitting.at(0);
  const [weights, setWeights] = useState<WeightFormat | undefined>(undefined);
  const chosen = fitting.find((need) => need.weights === weights) ?? asStored;
  const adapter = adapterRank === undefined ? '' : `, with an adapter of rank ${adapterRank}`;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen === undefined) return;
        const { weights: format } = chosen;
        const held = format === stored ? undefined : format;
        onChoose({ title: `${title}${adapter}`, files, adapterRank, weights: held });
      }}
    >
      <p role="status">
        {title}
        {adapter}; {inGigabytes(fileBytes)} of files, weights in {stored}. A tab has {inGigabytes(room)} for
        tensors.
      </p>
      <div class="scrolls">
        <table class="figures-table sizes">
          <thead>
            <tr>
              {['frozen weights in', 'to ask it', 'to train adapters'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {needs.map((need) => (
              <tr key={need.weights}>
                <th scope="row">
                  <label>
                    <input
                      type="radio"
                      name="weights"
                      disabled={need.asking > room}
                      checked={need === chosen}
                      onChange={() => setWeights(need.weights)}
                    />{' '}
                    {need.weights}
                  </label>
                </th>
                <td>{size(need.asking, room)}</td>
                <td>{size(need.adapting, room)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="soft">To train all weights, in float32: {size(training, room)}.</p>
      {chosen === undefined ? (
        <p role="alert" class="wrong">
          {tooLarge(needs, room)}
        </p>
      ) : (
        <button type="submit" class="main">
          Take this model
        </button>
      )}
    </form>
  );
}

const size = (bytes: number, room: number) =>
  `${inGigabytes(bytes)}${bytes > room ? ', more than there is' : ''}`;

function tooLarge(needs: readonly Need[], room: number): string {
  const least = needs.reduce((best, need) => (need.asking < best.asking ? need : best));
  const share = Math.floor((100 * room) / least.asking);
  return `This model takes ${inGigabytes(least.asking)} even with ${least.weights} weights, and a tab has ${inGigabytes(room)}; what would fit is a model of about ${share} % of its size.`;
}

/** Files with the place that they have in their folder, which a worker is not told. */
function withPaths(files: readonly File[]): ChosenFiles {
  return files.map((file) => [file.webkitRelativePath || file.name, file] as const);
}
