export { renderPng } from './render/png.js';
export { createTask, type Task, type TaskOptions, taskNames } from './tasks/catalog.js';
export type { Chain } from './tasks/chain.js';
export { asPromptSample, type DrawOptions, drawSamples } from './tasks/draw-samples.js';
export type {
  Difficulty,
  Fact,
  Scene,
  Split,
  TaskDefinition,
  TaskImage,
  TaskSample,
} from './tasks/sample.js';
