import type { CompletionRecord } from '../run/rollout-log.js';
import { escapeHtml, formatNumber } from './html.js';

/**
 * A completion as text whose tokens carry their figures. Three shades are prepared for each token (entropy rise,
 * perception loss, advantage); the page's switch picks one by class, so no script is needed.
 */
export function completionHtml(completion: CompletionRecord): string {
  const { perception, tokens, advantage } = completion;
  const scale = Math.max(1e-6, ...(perception?.shift ?? []));
  const lossScale = Math.max(1e-6, ...(perception?.loss ?? []));
  return tokens
    .map((token, i) => {
      const shift = perception?.shift[i];
      const loss = perception?.loss[i];
      const shades = [
        `--shift:${(Math.max(0, shift ?? 0) / scale).toFixed(2)}`,
        `--loss:${((loss ?? 0) / lossScale).toFixed(2)}`,
        `--good:${Math.min(1, Math.max(0, advantage) / 2).toFixed(2)}`,
        `--bad:${Math.min(1, Math.max(0, -advantage) / 2).toFixed(2)}`,
      ].join(';');
      const figures = [
        `log p ${formatNumber(completion.logProbs[i] ?? Number.NaN)}`,
        ...(shift === undefined ? [] : [`ΔH ${formatNumber(shift)}`]),
        ...(loss === undefined || loss === 0 ? [] : [`CPL ${formatNumber(loss)}`]),
      ].join(' · ');
      const perceives = perception?.mask[i] === 1;
      return `<span class="token${perceives ? ' sees' : ''}" style="${shades}" title="${escapeHtml(figures)}">${escapeHtml(token)}</span>`;
    })
    .join('');
}
