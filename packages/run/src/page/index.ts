/** The parts that a run's page is made of, for pages that hold a run of their own; they load without Node. */
export type { CompletionRecord, GroupRecord } from '../logs/rollout-log.js';
export { toSeries } from '../report/series.js';
export { Accuracy } from './accuracy.js';
export { Choice } from './choice.js';
export { Curves } from './curves.js';
export { fixed, formatNumber, formatSeconds, percent, signed, visibleToken } from './format.js';
export { merge as mergeGroups } from './live.js';
export type { EvaluationRow, Series } from './page-data.js';
export { Pictures } from './pictures.js';
export { Rollouts } from './rollouts.js';
export { type Shading, type ShownToken, scaleOf } from './shading.js';
export { style } from './style.js';
export { Legend, Tokens } from './tokens.js';
