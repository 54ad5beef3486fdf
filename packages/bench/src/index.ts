export { crossedInterval } from './ablation/crossed-interval.js';
export { bootstrapRuns, pairedDifference } from './ablation/paired.js';
export { armPlot, learningCurves } from './ablation/plots.js';
export { type AblationRecord, measured, parseAblations, questionAccuracies } from './ablation/record.js';
export { sameSettings } from './ablation/same-settings.js';
export { ablationTables, type TableLayout } from './ablation/tables.js';
export {
  type DetectionExample,
  type DetectionQuality,
  detectionQuality,
  tokensInSpans,
} from './detection/detection-quality.js';
export { type QualityEstimates, qualityWithIntervals } from './detection/quality-intervals.js';
export {
  type BootstrapOptions,
  bootstrapDifference,
  bootstrapMean,
  type Estimate,
  majority,
  passAtK,
} from './evaluate/estimates.js';
export {
  type EvaluateOptions,
  type EvaluationProgress,
  evaluate,
  type Generator,
  type Judge,
  type Judgement,
} from './evaluate/evaluate.js';
export type { EvaluationSample, Fault, JudgedAnswer, Outcome } from './evaluate/outcome.js';
export { type ReadValue, readChain } from './evaluate/read-chain.js';
export { accuracies, type Figures, formatReports, type Report, summarize } from './evaluate/report.js';
export { type ExportedFile, type ExportedSample, exportJsonLines } from './export/json-lines.js';
export { exportParquet } from './export/parquet.js';
export type { Interval } from './plot/parts.js';
export { type PlotOptions, type PlotPoint, type PlotSeries, plot } from './plot/plot.js';
export { type RowPanel, type RowPlotOptions, rowPlot } from './plot/row-plot.js';
export { renderPng } from './render/png.js';
export { sheet } from './sheet/sheet.js';
export { type EngineFigures, type EngineMeasurements, engineReport, type Rates } from './speed/engine.js';
export {
  type MeasurePerturbationsOptions,
  measurePerturbations,
  type PerturbationSpeed,
  type PerturbMeasurements,
  type Picture,
  perturbReport,
} from './speed/perturb.js';
export {
  linearFit,
  type MeasuredStep,
  type MeasureStepOptions,
  measureStep,
  median,
  type Side,
  type StepSides,
  type StepTurn,
} from './speed/step.js';
export { formatSpeedTable, type SpeedReport, type SpeedTable } from './speed/table.js';
export { createTask, type Task, type TaskOptions, taskNames } from './tasks/catalog.js';
export type { Chain } from './tasks/chain.js';
export { asPromptSample, type DrawOptions, drawSamples } from './tasks/draw-samples.js';
export type { Random } from './tasks/random.js';
export type {
  Difficulty,
  Exercise,
  Fact,
  Scene,
  Split,
  TaskDefinition,
  TaskImage,
  TaskSample,
} from './tasks/sample.js';
