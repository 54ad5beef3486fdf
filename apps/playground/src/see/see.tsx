import { Choice, Legend, Pictures, type Shading, scaleOf, Tokens } from '@cppo/run/page';
import { useEffect, useState } from 'preact/hooks';
import type { ModelChoice } from '../worker/model-choice.js';
import type { Picture } from '../worker/rgb.js';
import { ratios, type TaskPlace, type ViewChoice } from '../worker/see-messages.js';
import { asShown, type SeeShading, seeShadings, TokenTable } from './answer.js';
import { perturbOf, preservingChoices, removingChoices, type Strength } from './perturbations.js';
import { blankPicture, PicturePad, readPicture } from './picture-pad.js';
import { StrengthSlider } from './strength-slider.js';
import { useSee } from './use-see.js';

const pens = ['#111111', '#ffffff', '#d62728', '#1f77b4', '#2ca02c'];

interface Chosen {
  readonly preserving: readonly [Strength, number];
  readonly removing: readonly [Strength, number];
  readonly seed: number;
}

/** A picture, a question, and the answer token by token, under three views. */
export function See({ model: chosenModel }: { model: ModelChoice }) {
  const model = useSee(chosenModel);
  const { drawn, seen, words, state } = model;
  const [place, setPlace] = useState<TaskPlace>({ task: 'digits', index: 0 });
  const [picture, setPicture] = useState<Picture>(blankPicture);
  const [own, setOwn] = useState(false);
  const [question, setQuestion] = useState('');
  const [pen, setPen] = useState('#111111');
  const [sampled, setSampled] = useState(false);
  const [seed, setSeed] = useState(1);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [chosen, setChosen] = useState<Chosen>({
    preserving: [preservingChoices[0] as Strength, 0.5],
    removing: [removingChoices[0] as Strength, 150],
    seed: 1,
  });
  const [ratio, setRatio] = useState(0.5);
  const [shading, setShading] = useState<SeeShading>('shift');

  const { draw } = model;
  // A fresh worker draws anew.
  useEffect(() => draw(place), [draw, place, chosenModel]);
  useEffect(() => {
    if (drawn === undefined) return;
    setPicture(drawn.picture);
    setQuestion(drawn.question);
    setOwn(false);
  }, [drawn]);
  const change = (next: Chosen) => {
    setChosen(next);
    if (seen !== undefined) model.look(viewsOf(next));
  };
  const take = (given: Picture) => {
    setPicture(given);
    setOwn(true);
  };
  const open = async (file: Blob | undefined) => {
    if (file === undefined) return;
    setProblem(undefined);
    try {
      take(await readPicture(file));
    } catch {
      setProblem('This file is no picture that the browser can read.');
    }
  };
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const [file] = Array.from(event.clipboardData?.files ?? []).filter(({ type }) =>
        type.startsWith('image/'),
      );
      if (file === undefined) return;
      event.preventDefault();
      open(file);
    };
    // What falls beside the picture would take the reader from the page.
    const keep = (event: DragEvent) => event.preventDefault();
    addEventListener('paste', paste);
    addEventListener('dragover', keep);
    addEventListener('drop', keep);
    return () => {
      removeEventListener('paste', paste);
      removeEventListener('dragover', keep);
      removeEventListener('drop', keep);
    };
  });
  const ask = () => {
    model.ask({
      ...{ question, picture, place: own ? undefined : place },
      ...{ temperature: sampled ? 1 : 0, seed, views: viewsOf(chosen) },
    });
    setSeed((before) => before + 1);
  };
  const mask = seen?.masks[ratios.indexOf(ratio)] ?? [];
  const shown = asShown(seen?.tokens ?? [], mask);
  const scale = scaleOf(shown.map(({ figures }) => figures[shading] ?? 0));
  const busy = state === 'answering';
  return (
    <>
      <section aria-labelledby="see">
        <div class="bar">
          <h2 id="see">See</h2>
          <p class={`status ${state === 'failed' ? 'lost' : ''}`} role="status">
            {model.said}
          </p>
        </div>
        <form
          class="asking"
          onSubmit={(event) => {
            event.preventDefault();
            ask();
          }}
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault();
            open(event.dataTransfer?.files[0]);
          }}
        >
          <div>
            <PicturePad picture={picture} colour={pen} width={5} onDraw={take} />
            <p class="soft">Draw on it, drop a picture here, or paste one.</p>
          </div>
          <div class="fields">
            <div class="controls">
              <label class="step">
                <span>Task</span>
                <select
                  value={place.task}
                  onChange={(event) => setPlace({ task: event.currentTarget.value, index: 0 })}
                >
                  {model.tasks.map((task) => (
                    <option key={task}>{task}</option>
                  ))}
                </select>
              </label>
              <button type="button" onClick={() => setPlace({ ...place, index: place.index + 1 })}>
                Another one
              </button>
              <button type="button" onClick={() => take(blankPicture())}>
                Blank
              </button>
              <label class="step">
                <span>Pen</span>
                <select value={pen} onChange={(event) => setPen(event.currentTarget.value)}>
                  {pens.map((colour, i) => (
                    <option key={colour} value={colour}>
                      {['black', 'white', 'red', 'blue', 'green'][i]}
                    </option>
                  ))}
                </select>
              </label>
              <label class="file">
                <span>Own picture</span>
                <input
                  type="file"
                  accept="image/*"
                  onChange={(event) => open(event.currentTarget.files?.[0])}
                />
              </label>
            </div>
            <label class="question-field">
              <span class="soft">Question</span>
              <input
                type="text"
                value={question}
                onInput={(event) => setQuestion(event.currentTarget.value)}
                autocomplete="off"
              />
            </label>
            <div class="controls">
              <button type="submit" class="main" disabled={busy || state === 'loading' || question === ''}>
                Ask
              </button>
              <label>
                <input
                  type="checkbox"
                  checked={sampled}
                  onChange={(event) => setSampled(event.currentTarget.checked)}
                />{' '}
                sample, instead of the likeliest answer
              </label>
            </div>
            {problem !== undefined && (
              <p role="alert" class="wrong">
                {problem}
              </p>
            )}
            {drawn !== undefined && !own && (
              <p class="soft">
                The right answer is {drawn.answer}.
                {place.task === 'digits' || chosenModel !== 'shipped'
                  ? ''
                  : ' The model has learned digits only.'}
              </p>
            )}
          </div>
        </form>
      </section>

      <section aria-labelledby="views">
        <h2 id="views">Three views</h2>
        <div class="strengths">
          <StrengthSlider
            label="Preserving"
            choices={preservingChoices}
            chosen={chosen.preserving[0]}
            strength={chosen.preserving[1]}
            onChange={(...preserving) => change({ ...chosen, preserving })}
          />
          <StrengthSlider
            label="Removing"
            choices={removingChoices}
            chosen={chosen.removing[0]}
            strength={chosen.removing[1]}
            onChange={(...removing) => change({ ...chosen, removing })}
          />
          <button type="button" onClick={() => change({ ...chosen, seed: chosen.seed + 1 })}>
            Draw anew
          </button>
        </div>
        {seen === undefined ? (
          <p class="empty">Ask, and the views stand here.</p>
        ) : (
          <Pictures views={seen.views} />
        )}
      </section>

      <section aria-labelledby="answer" aria-busy={busy}>
        <h2 id="answer">Answer</h2>
        {seen === undefined ? (
          <p class="answer empty" aria-live="polite">
            {words.length === 0 ? 'The answer appears here, token by token.' : words.join('')}
          </p>
        ) : (
          <>
            <form class="controls">
              <Choice
                label="Shade tokens by"
                name="see-shading"
                value={shading}
                onChange={setShading}
                options={seeShadings.map(({ name, label }) => ({ value: name, label }))}
              />
              <label class="slider">
                <span>ρ, share of image-dependent tokens in the mask</span>
                <input
                  type="range"
                  {...{ min: 0.05, max: 1, step: 0.05 }}
                  value={ratio}
                  onInput={(event) => setRatio(nearest(Number(event.currentTarget.value)))}
                />
                <output>{ratio.toFixed(2)}</output>
              </label>
            </form>
            <Legend shading={seeShadings.find(({ name }) => name === shading) as Shading} scale={scale} />
            <div class="answer">
              <Tokens
                label="Tokens of the answer"
                tokens={shown}
                shadings={seeShadings}
                shading={shading}
                scale={scale}
              />
            </div>
            <TokenTable tokens={seen.tokens} mask={mask} />
          </>
        )}
      </section>
    </>
  );
}

function viewsOf({ preserving, removing, seed }: Chosen): ViewChoice {
  return { preserving: perturbOf(...preserving), removing: perturbOf(...removing), seed };
}

const nearest = (value: number) =>
  ratios.reduce((best, each) => (Math.abs(each - value) < Math.abs(best - value) ? each : best));
