import { useState } from 'preact/hooks';
import { Choice } from './choice.js';
import { fixed, visibleToken } from './format.js';
import type { InspectedToken, InspectionPageData } from './page-data.js';
import { Pictures } from './pictures.js';
import { type InspectionShading, inspectionShadings, type ShownToken, scaleOf } from './shading.js';
import { Legend, Tokens } from './tokens.js';

/** One answer over its pictures' views, perception tokens marked: the page that explains the method. */
export function InspectionPage({ data }: { data: InspectionPageData }) {
  const { title, model, settings, tokens, pictures } = data;
  const [shading, setShading] = useState<InspectionShading>('shift');
  const shown = tokens.map(asShown);
  const scale = scaleOf(shown.map(({ figures }) => figures[shading] ?? 0));
  return (
    <>
      <header>
        <p class="eyebrow">cppo inspect</p>
        <h1>{title}</h1>
        <p class="soft">{[`model ${model}`, ...settings].join(' · ')}</p>
      </header>
      <main>
        <Pictures views={pictures} />
        <section aria-labelledby="answer">
          <div class="bar">
            <h2 id="answer">Answer</h2>
            <Choice
              label="Shade tokens by"
              name="shading"
              value={shading}
              onChange={setShading}
              options={inspectionShadings.map(({ name, label }) => ({ value: name, label }))}
            />
          </div>
          <Legend shading={inspectionShadings.find(({ name }) => name === shading)!} scale={scale} />
          <div class="answer">
            <Tokens
              label="Tokens of the answer"
              tokens={shown}
              shadings={inspectionShadings}
              shading={shading}
              scale={scale}
            />
          </div>
        </section>
        <section aria-labelledby="tokens">
          <h2 id="tokens">Tokens</h2>
          <TokenTable tokens={tokens} />
        </section>
      </main>
    </>
  );
}

function TokenTable({ tokens }: { tokens: readonly InspectedToken[] }) {
  return (
    <table class="figures-table">
      <thead>
        <tr>
          <th scope="col">token</th>
          <th scope="col">H</th>
          <th scope="col">H⁻</th>
          <th scope="col">ΔH</th>
          <th scope="col">log p</th>
        </tr>
      </thead>
      <tbody>
        {tokens.map(({ text, entropy, removedEntropy, shift, logProb, perceives }, i) => (
          <tr key={`${i}`}>
            <th scope="row">
              <code class={perceives ? 'sees' : ''}>{visibleToken(text)}</code>
            </th>
            {[entropy, removedEntropy, shift, logProb].map((value, column) => (
              <td key={`${column}`}>{fixed(value)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function asShown(token: InspectedToken): ShownToken<InspectionShading> {
  const { text, perceives, shift, entropy, removedEntropy, logProb } = token;
  return { text, perceives, figures: { shift, entropy, removedEntropy, surprise: -logProb } };
}
