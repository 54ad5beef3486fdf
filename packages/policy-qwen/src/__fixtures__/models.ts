import { parseQwenConfig, type QwenConfig } from '../config.js';
import type { Checkpointing } from '../model/choose-checkpointing.js';
import type { QwenModel } from '../model/model.js';
import { parameterOf } from '../model/store-parameter.js';
import { createVariable } from '../model/variables.js';
import { visionTower } from '../model/vision.js';
import { arrangeWeights } from '../model/weights.js';
import { parameterShapes } from '../parameters.js';
import type { EncodedPrompt } from '../prompt.js';
import { parameter, pixels } from './formula.js';
import qwen2 from './model-qwen2-vl.json' with { type: 'json' };
import qwen3 from './model-qwen3-vl.json' with { type: 'json' };
import tied from './model-tied.json' with { type: 'json' };
import untied from './model-untied.json' with { type: 'json' };

export interface PromptFixture {
  ids: number[];
  grids: [number, number, number][];
  firstPixels: number;
  /** Numbers of a patch. */
  columns: number;
  positions: number[];
  ropeDelta: number;
  logits: string;
  layers: string[];
  vision?: string;
  completionStart: number;
  logProbs: number[];
  entropies: number[];
  warmLogProbs: number[];
  loss: number;
  gradients: Record<string, { norm: number; projections: number[] }>;
  greedy: number[];
  greedyPenalised: number[];
}

export interface ModelFixture {
  versions: Record<string, string>;
  config: unknown;
  names: string[];
  prompts: PromptFixture[];
  batchGreedy: number[][];
}

const fixtures = { tied, untied, 'qwen2-vl': qwen2, 'qwen3-vl': qwen3 };

/** Two of Qwen2.5-VL, and one of every other family. */
export const fixtureNames = Object.keys(fixtures) as (keyof typeof fixtures)[];

export function fixture(name: keyof typeof fixtures): ModelFixture {
  const model = fixtures[name] as unknown as ModelFixture;
  const { channels, temporalPatchSize, patchSize } = parseQwenConfig(model.config).vision;
  const columns = channels * temporalPatchSize * patchSize ** 2;
  return { ...model, prompts: model.prompts.map((prompt) => ({ ...prompt, columns })) };
}

export function decode(base64: string): Float32Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

/** The model of a fixture, its weights from the shared formula. */
export function formulaModel(source: unknown, checkpointing: Checkpointing = 'none') {
  const config: QwenConfig = parseQwenConfig(source);
  const variables = new Map(
    [...parameterShapes(config)].map(([name, shape]) => [name, createVariable({ name, shape, data: parameter(name, shape) }, true)]),
  );
  const parameters = new Map([...variables].map(([name, variable]) => [name, parameterOf(variable)]));
  const weights = arrangeWeights(config, parameters, new Map());
  const model: QwenModel = {
    config,
    weights,
    checkpointing,
    cache: 'float32',
    see: (images) =>
      images.length > 0 ? visionTower(images, weights.vision, config.vision, checkpointing) : undefined,
  };
  return { config, model, variables, dispose: () => variables.forEach((variable) => variable.dispose()) };
}

export function encodedPrompt(prompt: PromptFixture, length = prompt.ids.length): EncodedPrompt {
  const total = prompt.ids.length;
  return {
    ids: Int32Array.from(prompt.ids.slice(0, length)),
    images: prompt.grids.map((grid, index) => ({
      pixels: pixels(prompt.firstPixels + index, grid[0] * grid[1] * grid[2], prompt.columns),
      grid,
    })),
    positions: Int32Array.from([0, 1, 2].flatMap((axis) => prompt.positions.slice(axis * total, axis * total + length))),
    ropeDelta: prompt.ropeDelta,
  };
}
