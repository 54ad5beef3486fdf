import type { InspectedToken } from '../commands/inspect.js';
import { escapeHtml, formatNumber } from './html.js';
import { style } from './style.js';

/** One answer over its picture's views, perception tokens marked: the page that explains the method. */
export function inspectionHtml(
  prompt: string,
  tokens: readonly InspectedToken[],
  pictures: Readonly<Record<string, readonly string[]>>,
): string {
  const scale = Math.max(1e-6, ...tokens.map(({ shift }) => shift));
  const views = Object.entries(pictures)
    .map(
      ([name, urls]) =>
        `<figure>${urls.map((url) => `<img src="${url}" alt="${escapeHtml(name)} view">`).join('')}<figcaption>${escapeHtml(name)}</figcaption></figure>`,
    )
    .join('');
  const text = tokens
    .map(({ text: token, shift, perceives, entropy, removedEntropy }) => {
      const title = `H ${formatNumber(entropy)} · H⁻ ${formatNumber(removedEntropy)} · ΔH ${formatNumber(shift)}`;
      const shade = (Math.max(0, shift) / scale).toFixed(2);
      return `<span class="token${perceives ? ' sees' : ''}" style="background:rgba(var(--mark-rgb),${(0.6 * Number(shade)).toFixed(2)})" title="${escapeHtml(title)}">${escapeHtml(token)}</span>`;
    })
    .join('');
  const rows = tokens
    .map(
      ({ text: token, entropy, removedEntropy, shift, perceives }) =>
        `<tr><td${perceives ? ' class="sees"' : ''}>${escapeHtml(JSON.stringify(token))}</td><td>${formatNumber(entropy)}</td><td>${formatNumber(removedEntropy)}</td><td>${formatNumber(shift)}</td></tr>`,
    )
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(prompt)}</title><style>${style}</style></head><body>
<header><h1>${escapeHtml(prompt)}</h1><p class="soft">Marked tokens perceive: their entropy rises when the picture loses information.</p></header>
<main><div class="views">${views}</div><h2>Answer</h2><p class="completion">${text}</p>
<h2>Tokens</h2><div class="scroll"><table><thead><tr><th>token</th><th>H, nats</th><th>H⁻, nats</th><th>ΔH, nats</th></tr></thead><tbody>${rows}</tbody></table></div>
</main></body></html>
`;
}
