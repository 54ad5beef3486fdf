export { LoraAdapters, type LoraOptions } from './adapt/lora.js';
export {
  parseQwenConfig,
  type QwenConfig,
  type QwenSpecialTokens,
  type QwenTextConfig,
  type QwenVisionConfig,
} from './config.js';
export { QwenEncoder } from './encoder.js';
export type { DownloadProgress, FileFolder, Folder, GivenFiles, ModelSource } from './files/index.js';
export type { GenerateOptions, TokenEvent } from './generate/generate.js';
export { prepareImage, type RgbImage, smartResize } from './image/index.js';
export type { Checkpointing } from './model/checkpointing.js';
export type { ParameterPlan } from './model/choose-formats.js';
export { hasPackedKernels } from './model/packed-weight.js';
export type { RandomInit } from './model/variables.js';
export type { Parameter, Weight, WeightFormat } from './model/weight.js';
export { weightBytes } from './model/weight-bytes.js';
export { parameterShapes, publishedName } from './parameters.js';
export { QwenPolicy } from './policy.js';
export type {
  CompanionFiles,
  Completion,
  LoadOptions,
  PolicyOptions,
  PolicyOrigin,
  PromptInput,
  SaveAdaptersOptions,
  SaveOptions,
} from './policy-options.js';
export type { EncodedImage, EncodedPrompt } from './prompt.js';
export type { ScoreRequest } from './score/plan.js';
export type { ScoreOptions, TokenScores } from './score/score.js';
export { type Message, type MessagePart, QwenTokenizer } from './text/index.js';
