import type { Config } from '../config/schema.js';
import type { StepMetrics } from '../run/metrics-log.js';
import type { GroupRecord } from '../run/rollout-log.js';
import { curveSvg } from './curve.js';
import { escapeHtml, formatNumber } from './html.js';
import { style } from './style.js';
import { completionHtml } from './tokens.js';

/** One row of the before/after table. Accuracies are shares from 0 to 1. */
export interface EvaluationRow {
  readonly name: string;
  readonly before?: number;
  readonly after?: number;
}

export interface ReportData {
  readonly title: string;
  readonly config: Config;
  readonly metrics: readonly StepMetrics[];
  readonly evaluation: readonly EvaluationRow[];
  readonly groups: readonly GroupRecord[];
}

const phaseColours = ['#2563eb', '#b45309', '#15803d', '#9333ea', '#be123c', '#0e7490', '#4d7c0f'];

/** Curves worth showing first, with the titles that people know; any other figure follows under its own name. */
const titles: Readonly<Record<string, string>> = {
  'reward/mean': 'Reward',
  'reward/accuracy': 'Accuracy',
  'reward/format': 'Format',
  'loss/total': 'Loss',
  'loss/cppo': 'Contrastive perception loss',
  'policy/kl': 'KL to the reference, nats',
  'policy/entropy': 'Entropy, nats',
  'completion/length': 'Completion length, tokens',
  'gradient/norm': 'Gradient norm',
};

/** The run as one self-contained page: no script, no outside file; readable at any width, in light and dark. */
export function reportHtml(data: ReportData): string {
  const { title, config, metrics, evaluation, groups } = data;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body>
<header><h1>${escapeHtml(title)}</h1><p class="soft">${escapeHtml(config.objective.type)} · model ${escapeHtml(config.model)} · seed ${config.seed} · ${metrics.length} steps</p></header>
<main>
${evaluationTable(evaluation)}
<h2>Curves</h2><div class="charts">${curves(metrics, Object.keys(titles))}</div>
${phaseBar(metrics)}
${rolloutSection(groups)}
<h2>All figures</h2><details><summary>${otherFigures(metrics).length} more curves</summary><div class="group charts">${curves(metrics, otherFigures(metrics))}</div></details>
<h2>Configuration</h2><details><summary>config.json</summary><pre class="group scroll">${escapeHtml(JSON.stringify(config, null, 2))}</pre></details>
</main></body></html>
`;
}

function evaluationTable(rows: readonly EvaluationRow[]): string {
  if (rows.length === 0) return '';
  const percent = (value: number | undefined) =>
    value === undefined ? '–' : `${(value * 100).toFixed(1)} %`;
  const body = rows
    .map(({ name, before, after }) => {
      const gain = before === undefined || after === undefined ? undefined : after - before;
      const sign = gain !== undefined && gain > 0 ? '+' : '';
      return `<tr><td>${escapeHtml(name)}</td><td>${percent(before)}</td><td>${percent(after)}</td><td>${gain === undefined ? '–' : `${sign}${(gain * 100).toFixed(1)}`}</td></tr>`;
    })
    .join('');
  return `<h2>Held-out accuracy</h2><div class="scroll"><table><thead><tr><th>measure</th><th>before</th><th>after</th><th>points</th></tr></thead><tbody>${body}</tbody></table></div>`;
}

function curves(metrics: readonly StepMetrics[], names: readonly string[]): string {
  const steps = metrics.map(({ step }) => step);
  return names
    .map((name) =>
      curveSvg({
        title: titles[name] ?? name,
        steps,
        values: metrics.map((line) => line[name] ?? Number.NaN),
      }),
    )
    .join('');
}

/** Every figure that was logged besides the first curves and the phase times. */
function otherFigures(metrics: readonly StepMetrics[]): string[] {
  const names = new Set(metrics.flatMap((line) => Object.keys(line)));
  return [...names].filter((name) => name !== 'step' && !(name in titles) && !name.startsWith('seconds/'));
}

function phaseBar(metrics: readonly StepMetrics[]): string {
  const totals = new Map<string, number>();
  for (const line of metrics) {
    for (const [name, value] of Object.entries(line)) {
      if (name.startsWith('seconds/') && name !== 'seconds/step') {
        const phase = name.slice('seconds/'.length);
        totals.set(phase, (totals.get(phase) ?? 0) + value);
      }
    }
  }
  const sum = [...totals.values()].reduce((a, b) => a + b, 0);
  if (sum === 0) return '';
  const parts = [...totals].map(([phase, seconds], i) => {
    const share = (seconds / sum) * 100;
    const label = `${phase} ${formatNumber(seconds / metrics.length)} s a step, ${share.toFixed(0)} %`;
    return `<span style="width:${share.toFixed(2)}%;background:${phaseColours[i % phaseColours.length]}" title="${escapeHtml(label)}">${escapeHtml(label)}</span>`;
  });
  return `<h2>Where the time goes</h2><div class="bar">${parts.join('')}</div>`;
}

function rolloutSection(groups: readonly GroupRecord[]): string {
  if (groups.length === 0) return '';
  const shown = spread(groups, 24);
  return `<h2>Rollouts</h2><p class="soft">Underlined tokens are perception tokens: their entropy rises when the picture loses information. Point at a token for its figures.</p>
<input class="by" type="radio" name="by" id="by-shift" checked><input class="by" type="radio" name="by" id="by-loss"><input class="by" type="radio" name="by" id="by-advantage">
<div class="switch" role="group" aria-label="Colour tokens by"><label for="by-shift">entropy rise ΔH</label><label for="by-loss">perception loss</label><label for="by-advantage">advantage</label></div>
<div class="rollouts">${shown.map((group, i) => groupHtml(group, i === shown.length - 1)).join('')}</div>`;
}

function groupHtml(group: GroupRecord, open: boolean): string {
  const right = group.completions.filter(({ parts }) => (parts.accuracy ?? 0) > 0).length;
  const views = Object.entries(group.images ?? {})
    .map(
      ([name, url]) =>
        `<figure><img src="${url}" alt="${escapeHtml(`${name} view of the picture of ${group.id}`)}"><figcaption>${escapeHtml(name)}</figcaption></figure>`,
    )
    .join('');
  const completions = group.completions
    .map(
      (completion) =>
        `<div class="completion"><span class="figures">reward ${formatNumber(completion.reward)} · advantage ${formatNumber(completion.advantage)}${completion.truncated ? ' · cut off' : ''}</span>${completionHtml(completion)}</div>`,
    )
    .join('');
  return `<details${open ? ' open' : ''}><summary>Step ${group.step} · ${escapeHtml(group.question)} <span class="soft">answer ${escapeHtml(group.answer)}, ${right} of ${group.completions.length} right</span></summary><div class="group"><div class="views">${views}</div>${completions}</div></details>`;
}

/** At most `count` of the items, evenly over the run, the first and the last among them. */
function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.round((i * (items.length - 1)) / (count - 1))]!);
}
