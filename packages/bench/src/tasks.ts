/** The built-in tasks and what judges answers to them: what of this package loads without Node. */
export {
  type DetectionExample,
  type DetectionQuality,
  detectionQuality,
  tokensInSpans,
} from './detection/detection-quality.js';
export {
  type EvaluateOptions,
  type EvaluationProgress,
  evaluate,
} from './evaluate/evaluate.js';
export type { EvaluationSample } from './evaluate/outcome.js';
export { type ReadValue, readChain } from './evaluate/read-chain.js';
export { type Report, summarize } from './evaluate/report.js';
export { startRenderer } from './render/png.js';
export type { RendererFiles } from './render/renderer-source.js';
export { createTask, type Task, type TaskOptions, taskNames } from './tasks/catalog.js';
export { asPromptSample, type DrawOptions, drawSamples } from './tasks/draw-samples.js';
export type { TaskSample } from './tasks/sample.js';
