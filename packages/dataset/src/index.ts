export {
  type Benchmark,
  benchmarkNamed,
  benchmarks,
  type ScoreOptions,
  scoreCompletion,
  type Verdict,
} from './benchmarks/benchmarks.js';
export { type FinalAnswer, finalAnswer } from './benchmarks/final-answer.js';
export type { Equal, Sameness } from './benchmarks/read-answer-forms.js';
export {
  averageAccuracy,
  type BenchmarkReport,
  benchmarkReport,
  type ScoredSample,
} from './benchmarks/report.js';
export type { Dataset, IterateOptions, SampleOrder } from './dataset.js';
export { countImageTags, imageTag } from './fields/image-tag.js';
export { type ImageHeader, readImageHeader } from './images/image-header.js';
export {
  type Example,
  type InspectedSet,
  type Inspection,
  type InspectOptions,
  inspectDataset,
} from './inspect/inspect-dataset.js';
export { inspectionInWords } from './inspect/inspection-in-words.js';
export { inspectionPage } from './inspect/inspection-page.js';
export type { Bar, Distribution } from './inspect/tally.js';
export { layoutNames } from './layouts/choose-layout.js';
export type { FieldMap } from './layouts/field-map.js';
export { openDataset } from './open-dataset.js';
export { type OpenOptions, openOptionsSchema } from './open-options.js';
export { permutation } from './order/permutation.js';
export {
  DatasetError,
  describeProblem,
  type RowProblem,
  type SkippedRow,
  UnusableSample,
} from './problem.js';
export {
  cppoInstruction,
  describedInstruction,
  type PromptTemplate,
  promptTemplates,
  renderPrompt,
  renderTurns,
} from './prompts/prompt-template.js';
export type { ImageSource, Sample, Turn } from './sample.js';
export { type HubLocation, type LocalLocation, parseSpec, type SpecPart } from './spec/parse-spec.js';
export { resolveSpec } from './spec/resolve-spec.js';
export type { Decode, Filter } from './survey.js';
