export type { JsonObject } from './json-files.js';
export { type ModelFiles, readModelDirectory, type TensorInfo } from './read-model-directory.js';
export type { LoadedTensor, ReadProgress } from './read-tensors.js';
export { type ModelToWrite, type WriteProgress, writeModelDirectory } from './write-model-directory.js';
export type { TensorToWrite, WeightType } from './write-tensors.js';
