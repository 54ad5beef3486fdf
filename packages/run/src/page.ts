/** The parts that a run's page is made of, for pages that hold a run of their own; they load without Node. */
export type { CompletionRecord, GroupRecord } from './logs/rollout-log.js';
export { Accuracy } from './page/accuracy.js';
export { Choice, type ChoiceProps } from './page/choice.js';
export { Curves } from './page/curves.js';
export { fixed, formatNumber, formatSeconds, percent, signed, visibleToken } from './page/format.js';
export { merge as mergeGroups } from './page/live.js';
export type { OfRun } from './page/of-run.js';
export type { EvaluationRow, Series } from './page/page-data.js';
export { Pictures } from './page/pictures.js';
export { Rollouts } from './page/rollouts.js';
export { type Shading, type ShownToken, scaleOf } from './page/shading.js';
export { style } from './page/style.js';
export { Legend, type LegendProps, Tokens, type TokensProps } from './page/tokens.js';
export { toSeries } from './report/series.js';
