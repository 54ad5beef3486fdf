import { fixed, type Shading, type ShownToken, visibleToken } from '@cppo/run/page';
import type { SeenToken } from '../worker/see-messages.js';

export type SeeShading = 'shift' | 'logProbShift' | 'loss' | 'entropy';

export const seeShadings: readonly Shading<SeeShading>[] = [
  {
    ...{ name: 'shift', label: 'ΔH', unit: 'nats' },
    ...{ meaning: 'entropy rises when the picture loses information', negative: 'it falls' },
  },
  {
    ...{ name: 'logProbShift', label: 'ℓ − ℓ⁻', unit: 'nats' },
    ...{ meaning: 'likelier with the picture than without', negative: 'less likely' },
  },
  { name: 'loss', label: 'CPL', unit: 'nats', meaning: 'contrastive perception loss, if the token is taken' },
  { name: 'entropy', label: 'H', unit: 'nats', meaning: 'uncertain under the picture' },
];

/** Tokens as the page of a run shows them. @param mask perception tokens. */
export function asShown(tokens: readonly SeenToken[], mask: readonly boolean[]): ShownToken<SeeShading>[] {
  return tokens.map(({ text, shift, logProbShift, loss, entropy }, i) => ({
    text,
    perceives: mask[i] === true,
    figures: { shift, logProbShift, loss, entropy },
  }));
}

interface TableProps {
  readonly tokens: readonly SeenToken[];
  readonly mask: readonly boolean[];
}

/** Every token with its figures, and where the detector is right. */
export function TokenTable({ tokens, mask }: TableProps) {
  const known = tokens.some(({ read }) => read !== undefined);
  return (
    <>
      <p role="status">{known ? verdict(tokens, mask) : 'What was read from this picture is not known.'}</p>
      <details>
        <summary>All figures</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section class="scrolls" tabIndex={0} aria-label="Figures of all tokens">
          <table class="figures-table">
            <thead>
              <tr>
                {['token', 'H', 'H⁻', 'ΔH', 'ℓ − ℓ⁻', 'CPL', 'taken', 'read'].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {tokens.map((token, i) => (
                <tr key={`${i}`}>
                  <th scope="row">
                    <code class={mask[i] ? 'sees' : ''}>{visibleToken(token.text)}</code>
                  </th>
                  {[token.entropy, token.removedEntropy, token.shift, token.logProbShift, token.loss].map(
                    (value, column) => (
                      <td key={`${column}`}>{fixed(value)}</td>
                    ),
                  )}
                  <td>{mask[i] ? 'yes' : ''}</td>
                  <td>{token.read === undefined ? '–' : token.read ? 'yes' : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </>
  );
}

/** How many of the tokens that were read from the picture the detector takes, and how many besides. */
export function verdict(tokens: readonly SeenToken[], mask: readonly boolean[]): string {
  const read = tokens.filter((token) => token.read === true).length;
  const hits = tokens.filter((token, i) => token.read === true && mask[i] === true).length;
  const taken = mask.filter((each) => each).length;
  const others = taken - hits;
  return `The detector takes ${hits} of the ${read} tokens that were read from the picture, and ${others} other${others === 1 ? '' : 's'}.`;
}
