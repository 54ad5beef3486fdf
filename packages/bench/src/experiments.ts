// Experiments on Node: they start engines and processes and write files. What they measure, the training loop and the policy, is
// handed in. Whatever needs neither is in `index.ts`.
export { type Arm, type ArmTable, armTables, protocol } from './ablation/arms.js';
export { armNamed, nameOf, type PlannedRun, plan, wholePlan } from './ablation/plan.js';
export { type AblationPlan, readPlan, standardPlan } from './ablation/read-plan.js';
export { appendResult, readResults } from './ablation/results-file.js';
export {
  type Ablation,
  type AblationFiles,
  configureArm,
  describeProgress,
  missingSplits,
  runArm,
} from './ablation/run-arm.js';
export { type ProcessesEnd, type ProcessOptions, runInProcesses } from './ablation/run-processes.js';
export { withOverrides } from './ablation/same-settings.js';
export { stepsForTime } from './ablation/steps-for-time.js';
export { ablationFiles } from './ablation/table-files.js';
export type {
  ConfiguredRun,
  ConfigureRun,
  HeldOutQuestion,
  HeldOutQuestions,
  OpenedRun,
} from './ablation/training-loop.js';
export { alignmentFiles } from './alignment/alignment-report.js';
export type { GradientSettings } from './alignment/block-gradient.js';
export {
  type AlignedGroup,
  type Alignment,
  type AlignmentLayer,
  type AlignmentRow,
  type MeasureAlignmentOptions,
  measureAlignment,
} from './alignment/measure-alignment.js';
export {
  type BlockGradient,
  compareGradients,
  type GradientComparison,
} from './alignment/noise-corrected.js';
export {
  type Family,
  families,
  type PerceptionRow,
  type PerceptionRowsOptions,
  perceptionRows,
} from './alignment/perception-rows.js';
export {
  type ChosenBenchmark,
  isBenchmarkSpec,
  readBenchmarkSpec,
  readBenchmarkSpecs,
} from './benchmarks/benchmark-spec.js';
export {
  type BenchmarkQuestions,
  type BenchmarkResult,
  type BenchmarkRun,
  runBenchmark,
} from './benchmarks/run-benchmark.js';
export {
  type BenchmarkSummary,
  benchmarksInWords,
  summarizeBenchmarks,
} from './benchmarks/summarize-benchmarks.js';
export { type CompareOptions, compareRuns } from './compare/compare-runs.js';
export { type DifferingSetting, differingSettings } from './compare/differing-settings.js';
export { independentDifference } from './compare/independent-difference.js';
export { costTable } from './cost/cost-table.js';
export {
  type Cost,
  costRegimes,
  type MeasureCostOptions,
  type MeasuredTraining,
  measureCost,
  type ObjectiveCost,
  warmUpRounds,
} from './cost/measure-cost.js';
export type { DetectionRow, Detector } from './detection/detectors.js';
export type { KnownPrompt, KnownSample, Writing } from './detection/known-completions.js';
export {
  type Detection,
  detectionFiles,
  type MeasureDetectionOptions,
  measureDetection,
  ownAnswers,
} from './detection/measure-detection.js';
export type { TokenScorer } from './detection/scores-under.js';
export { type AnswerSettings, AnswersFile } from './evaluate/answers-file.js';
export { evaluateResumably, type ResumableEvaluation } from './evaluate/evaluate-resumably.js';
export { type CompletionPair, readPairs } from './evaluate/read-pairs.js';
export type { ProgressDisplay, ShowProgress } from './show-progress.js';
export { type EngineSuiteOptions, engineSuite } from './speed/engine-suite.js';
export { type PerturbSuiteOptions, perturbSuite } from './speed/perturb-suite.js';
export type { Arithmetic } from './speed/size-job.js';
export { type SizeSuiteOptions, sizeSuite } from './speed/size-suite.js';
export { type SpeedChoice, speedSuite } from './speed/speed-suite.js';
export { type StepSuiteOptions, stepSuite } from './speed/step-suite.js';
export { readSweep, type Sweep } from './sweep/read-sweep.js';
export { describeSweep, type RunSources, runSweep, type SweepOptions } from './sweep/run-sweep.js';
export type { Settings } from './sweep/settings.js';
export {
  type MeasureViewsOptions,
  measureViews,
  usualViews,
  type ViewedQuestion,
  type ViewRow,
  viewsTable,
} from './views/measure-views.js';
