export { arithmeticInWords } from './arithmetic-in-words.js';
export { type ModelCardOptions, modelCard } from './card/model-card.js';
export {
  type CheckpointState,
  newestCheckpoint,
  pruneCheckpoints,
  writeCheckpoint,
} from './checkpoint/checkpoint.js';
export { configOfRun, runAround } from './directory/config-of-run.js';
export { RunDirectory } from './directory/directory.js';
export { DirectoryLock, isLocked } from './directory/lock.js';
export { checkOutputDirectory, checkOutputFile, makeOutputDirectory } from './directory/output-file.js';
export { refuseRun } from './directory/refuse-run.js';
export { appendWhole, writeAll, writeWholeFile } from './directory/whole-file.js';
export { duration } from './duration.js';
export { Loggers } from './loggers/fan-out.js';
export { type MlflowOptions, mlflow } from './loggers/mlflow.js';
export type { LoggedRun, RunLogger, RunOutcome } from './loggers/run-logger.js';
export { tensorBoard } from './loggers/tensorboard.js';
export { differenceFromBefore, type FingerprintedSet } from './logs/data-record.js';
export {
  dropEvaluationsAfter,
  type EvaluatedStep,
  type EvaluationFigures,
  type EvaluationMoment,
  type EvaluationReport,
  evaluationMetrics,
  evaluationPath,
  readEvaluatedSteps,
  readEvaluation,
  readEvaluationCurve,
} from './logs/evaluation-log.js';
export { isTag, type LabelChange, labelRun, type RunLabels, readLabels } from './logs/labels.js';
export { type LeftOutRow, type SkippedRow, writeLeftOut } from './logs/left-out.js';
export type { Measured } from './logs/measured.js';
export { MetricsLog, readMetrics, type StepMetrics } from './logs/metrics-log.js';
export {
  type CompletionRecord,
  dropRolloutsAfter,
  type GroupRecord,
  type RecordedTurn,
  writeRollouts,
} from './logs/rollout-log.js';
export {
  type RunSession,
  type RunStatus,
  readSessions,
  SessionLog,
  type SessionOutcome,
  sessionsFile,
} from './logs/sessions.js';
export { ModuleError } from './module-error.js';
export type { PageData } from './page/any-page.js';
export type {
  ComparedArm,
  ComparedRun,
  ComparisonPageData,
  Difference,
} from './page/comparison-data.js';
export type {
  EvaluationRow,
  InspectedToken,
  InspectionPageData,
  RunFacts,
  RunPageData,
  Series,
} from './page/page-data.js';
export { pageHtml } from './page/page-html.js';
export { findRuns } from './report/find-runs.js';
export { readHeldOut, readRun } from './report/read-run.js';
export { toSeries } from './report/series.js';
export { type RunSummary, summarizeRun } from './report/summarize-run.js';
export { writeReport } from './report/write-report.js';
export { isRunStopped, RunStopped, stoppedByDisk, unwritable } from './run-stopped.js';
export { type Colours, coloursOf } from './terminal/colours.js';
export { comparisonText } from './terminal/comparison-text.js';
export { inspectionText } from './terminal/inspection-text.js';
export { runsText } from './terminal/runs-text.js';
export { describeThrown, placeOf, shortest } from './thrown.js';
export { isUserError, UserError } from './user-error.js';
export { type ServedRun, type ServeOptions, serveRun } from './watch/serve.js';
export { type ServeRunsOptions, serveRuns } from './watch/serve-runs.js';
export { watchDirectory } from './watch/watch-directory.js';
export { defaultPort, type WatchedRun, watchRun } from './watch/watch-run.js';
