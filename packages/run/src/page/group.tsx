import type { CompletionRecord, GroupRecord } from '../logs/rollout-log.js';
import { formatNumber, signed } from './format.js';
import { OtherTurns } from './other-turns.js';
import { Pictures } from './pictures.js';
import { type RolloutShading, rolloutShadings } from './shading.js';
import { shownTokens } from './shown-tokens.js';
import { Tokens } from './tokens.js';

interface GroupProps {
  readonly group: GroupRecord;
  readonly shading: RolloutShading;
  readonly scale: number;
  shows(completion: CompletionRecord): boolean;
}

/** One question with its pictures, its views and the completions that were sampled for it. */
export function Group({ group, shading, scale, shows }: GroupProps) {
  return (
    <article class="group" aria-label={`Group ${group.id} of step ${group.step}`}>
      <h3>{group.question}</h3>
      <p class="soft">
        answer <b>{group.answer}</b> · step {group.step} · {group.id}
      </p>
      <OtherTurns turns={group.turns ?? []} />
      <Pictures views={group.images ?? {}} />
      {group.images === undefined && (
        <p class="soft">The log keeps pictures of one group a step; not of this one.</p>
      )}
      <ol class="completions">
        {distinct(group.completions).map(({ completion, i, times }) =>
          shows(completion) ? (
            <li key={`${i}`} value={i + 1}>
              <Figures completion={completion} shading={shading} times={times} />
              {completion.tokens.length === 0 ? (
                <p class="soft">no token</p>
              ) : (
                <Tokens
                  label={`Tokens of completion ${i + 1}`}
                  tokens={shownTokens(completion)}
                  shadings={rolloutShadings}
                  shading={shading}
                  scale={scale}
                />
              )}
            </li>
          ) : null,
        )}
      </ol>
    </article>
  );
}

interface Distinct {
  readonly completion: CompletionRecord;
  /** Index of the first of them. */
  readonly i: number;
  readonly times: number;
}

/** Completions that were sampled and judged alike, each once. */
export function distinct(completions: readonly CompletionRecord[]): Distinct[] {
  const found = new Map<string, Distinct>();
  for (const [i, completion] of completions.entries()) {
    const { text, tokens, reward, advantage, truncated } = completion;
    const key = JSON.stringify([text, tokens, reward, advantage, truncated]);
    const earlier = found.get(key);
    found.set(
      key,
      earlier === undefined ? { completion, i, times: 1 } : { ...earlier, times: earlier.times + 1 },
    );
  }
  return [...found.values()];
}

interface FiguresProps {
  readonly completion: CompletionRecord;
  readonly shading: RolloutShading;
  readonly times: number;
}

function Figures({ completion, shading, times }: FiguresProps) {
  const right = isRight(completion);
  const unscored = completion.perception === undefined && (shading === 'shift' || shading === 'loss');
  return (
    <p class="figures">
      <span class={`verdict ${right ? 'right' : 'wrong'}`}>{right ? '✓ right' : '✗ wrong'}</span>
      {times > 1 && <span class="times">× {times}</span>}
      <span>reward {formatNumber(completion.reward)}</span>
      <span>advantage {signed(completion.advantage)}</span>
      <span>{completion.tokens.length} tokens</span>
      {completion.truncated && <span>cut off</span>}
      {unscored && <span>not scored under the views</span>}
    </p>
  );
}

export function isRight({ parts }: CompletionRecord): boolean {
  return (parts.accuracy ?? 0) > 0;
}
