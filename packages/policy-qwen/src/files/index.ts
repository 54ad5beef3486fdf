export { adapterTensorName, type LoraFactor, parseAdapterTensorName } from './adapter-tensors.js';
export {
  isQuantized,
  type QuantizedNames,
  quantizedNames,
  quantizedShape,
  readScales,
  widenNf4,
} from './bitsandbytes.js';
export { companionCopies } from './companion-copies.js';
export type { FileSink } from './file-sink.js';
export type { FileFolder, Folder } from './folder.js';
export type { GivenFiles } from './given-files.js';
export type { DownloadProgress } from './hub-cache.js';
export type { JsonObject } from './json-files.js';
export { type ModelSource, type OpenedSource, openSource } from './open-source.js';
export { type AdapterFiles, readAdapterDirectory } from './read-adapter-directory.js';
export { type ModelFiles, readModelDirectory, type TensorInfo } from './read-model-directory.js';
export type { LoadedTensor, ReadProgress, StoredTensor } from './read-tensors.js';
export { type ResolveModelOptions, resolveModel } from './resolve-model.js';
export {
  type AdapterFactor,
  type AdapterToWrite,
  writeAdapterDirectory,
} from './write-adapter-directory.js';
export { type ModelToWrite, type WriteProgress, writeModelDirectory } from './write-model-directory.js';
export type { TensorToWrite, WeightType } from './write-tensors.js';
