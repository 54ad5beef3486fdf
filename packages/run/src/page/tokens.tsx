import { useState } from 'preact/hooks';
import { formatNumber, visibleToken } from './format.js';
import { horizontal, nextIndex, useFocusMove } from './roving.js';
import type { Shading, ShownToken } from './shading.js';
import { Tooltip } from './tooltip.js';

export interface TokensProps<Name extends string> {
  readonly label: string;
  readonly tokens: readonly ShownToken<Name>[];
  readonly shadings: readonly Shading<Name>[];
  readonly shading: Name;
  /** The value that gets the deepest shade. */
  readonly scale: number;
}

/**
 * A completion whose tokens are shaded by one figure: solid above 0, hatched below, the deeper the stronger; perception
 * tokens are bold and underlined. One tab stop; arrow keys go from token to token and show its figures.
 */
export function Tokens<Name extends string>(props: TokensProps<Name>) {
  const { label, tokens, shadings, shading, scale } = props;
  const [active, setActive] = useState(0);
  const [shown, setShown] = useState<{ index: number; anchor: HTMLElement } | undefined>(undefined);
  const { widget, moveTo } = useFocusMove<HTMLDivElement>();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      setShown(undefined);
      return;
    }
    const next = nextIndex(event.key, active, tokens.length, horizontal);
    if (next === undefined) return;
    event.preventDefault();
    setActive(next);
    moveTo(next);
  };
  const show = (index: number, { currentTarget: anchor }: { readonly currentTarget: HTMLElement }) =>
    setShown({ index, anchor });
  const hide = () => setShown(undefined);
  const token = shown && tokens[shown.index];
  return (
    <div class="tokens-box">
      <div
        class="tokens"
        role="listbox"
        aria-label={label}
        ref={widget}
        onKeyDown={onKeyDown}
        onPointerLeave={hide}
      >
        {tokens.map((each, i) => (
          <span
            key={`${i}`}
            class={`token ${each.perceives ? 'sees' : ''}`}
            style={shadeOf(each.figures[shading], scale)}
            role="option"
            aria-selected={each.perceives}
            aria-label={`${visibleToken(each.text)}: ${describe(each, shadings)}`}
            data-index={i}
            tabIndex={i === Math.min(active, tokens.length - 1) ? 0 : -1}
            onFocus={(event) => {
              setActive(i);
              show(i, event);
            }}
            onBlur={hide}
            onPointerEnter={(event) => show(i, event)}
          >
            {each.text}
          </span>
        ))}
      </div>
      {shown !== undefined && token !== undefined && (
        <Tooltip anchor={shown.anchor}>
          <code>{visibleToken(token.text)}</code>
          {token.perceives && <em>perception token</em>}
          <dl>
            {shadings.map(({ name, label: figure, unit }) => {
              const value = token.figures[name];
              return value === undefined ? null : (
                <div key={name}>
                  <dt>{figure}</dt>
                  <dd>
                    {formatNumber(value)} {unit}
                  </dd>
                </div>
              );
            })}
          </dl>
        </Tooltip>
      )}
    </div>
  );
}

function describe<Name extends string>(
  { figures, perceives }: ShownToken<Name>,
  shadings: readonly Shading<Name>[],
): string {
  const said = shadings.flatMap(({ name, label, unit }) =>
    figures[name] === undefined ? [] : [`${label} ${formatNumber(figures[name])} ${unit}`.trim()],
  );
  return [...(perceives ? ['perception token'] : []), ...said].join(', ');
}

function shadeOf(value: number | undefined, scale: number): Record<string, string> {
  if (value === undefined || value === 0) return {};
  const depth = Math.min(1, Math.abs(value) / scale).toFixed(2);
  return value > 0 ? { '--up': depth } : { '--down': depth };
}

export interface LegendProps<Name extends string> {
  readonly shading: Shading<Name>;
  readonly scale: number;
}

/** What shades, hatches and lines mean. */
export function Legend<Name extends string>({ shading, scale }: LegendProps<Name>) {
  return (
    <p class="legend soft">
      <span>
        <i class="ramp" aria-hidden="true" /> 0 to {formatNumber(Number(scale.toPrecision(2)))} {shading.unit}
        : {shading.meaning}
      </span>
      {shading.negative !== undefined && (
        <span>
          <i class="ramp hatched" aria-hidden="true" /> {shading.negative}
        </span>
      )}
      <span>
        <span class="sees sample">abc</span> perception token
      </span>
    </p>
  );
}
