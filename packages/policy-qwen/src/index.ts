export { LoraAdapters, type LoraOptions, type StoredAdapter } from './adapt/lora.js';
export { type Capacity, qwenCapacity } from './capacity/capacity.js';
export type { ModelFootprint, Workload } from './capacity/footprint.js';
export { narrowestFormat } from './capacity/held-format.js';
export type { PromptSize } from './capacity/prompt-size.js';
export { publishedModels } from './capacity/published-config.js';
export {
  parseQwenConfig,
  type QwenConfig,
  type QwenSpecialTokens,
  type QwenTextConfig,
  type QwenVisionConfig,
} from './config.js';
export { QwenEncoder } from './encoder.js';
export {
  type Family,
  families,
  type RopeFields,
  type TextDesign,
  type TextFields,
  type VisionDesign,
  type VisionSizes,
} from './families/index.js';
export type { AdapterConfig, AdapterTargets } from './files/adapter-config.js';
export type {
  AdapterFiles,
  DownloadProgress,
  FileFolder,
  FileSink,
  Folder,
  GivenFiles,
  JsonObject,
  LoadedTensor,
  ModelFiles,
  ModelSource,
  OpenedSource,
  ReadProgress,
  StoredTensor,
  TensorInfo,
} from './files/index.js';
export type { ReadableFile } from './files/readable-file.js';
export { type NumberType, numberTypes, type WeightFormat, weightFormats } from './formats.js';
export type { GenerateOptions, TokenEvent } from './generate/generate.js';
export {
  type BicubicArithmetic,
  type PixelBounds,
  type PreparedImage,
  type PrepareImageOptions,
  prepareImage,
  type RgbImage,
  type SmartResizeOptions,
  smartResize,
} from './image/index.js';
export { type Checkpointing, chooseCheckpointing } from './model/choose-checkpointing.js';
export type { ParameterPlan } from './model/choose-formats.js';
export type { LowRankAdapter } from './model/linear.js';
export { hasPackedKernels } from './model/packed-weight.js';
export type { RandomInit } from './model/variables.js';
export type { Parameter, Weight, WeightOperands } from './model/weight.js';
export { weightBytes } from './model/weight-bytes.js';
export { NotFiniteError } from './not-finite-error.js';
export { parameterShapes, publishedName, storedName } from './parameters.js';
export { QwenPolicy } from './policy.js';
export type {
  CompanionFiles,
  Completion,
  LoadOptions,
  OpenedModel,
  PolicyOptions,
  PolicyOrigin,
  PromptInput,
  SaveAdaptersOptions,
  SaveOptions,
} from './policy-options.js';
export type { EncodedImage, EncodedPrompt } from './prompt.js';
export type { OpenOptions } from './read-policy.js';
export type { ScoreRequest } from './score/plan.js';
export type { ScoreOptions, TokenScores } from './score/score.js';
export {
  type ChatTemplateOptions,
  type DecodeOptions,
  type Message,
  type MessagePart,
  QwenTokenizer,
  type TokenizerFiles,
} from './text/index.js';
