import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ParameterPlan,
  parameterShapes,
  parseQwenConfig,
  type QwenConfig,
  type WeightFormat,
} from '@cppo/policy-qwen';
import { modelSource } from '../model-source.js';
import { publishedConfig } from './published-config.js';

/** What is known of a model before its weights are read. */
export interface ModelFacts {
  readonly config: QwenConfig;
  /** How its files hold a parameter, by published name. */
  readonly stored: (name: string) => WeightFormat;
}

/** Facts of a model from its config.json, or from its name; nothing where they are not known here. */
export function modelFacts(model: string): ModelFacts | undefined {
  const path = join(modelSource(model), 'config.json');
  try {
    if (existsSync(path)) {
      const config = parseQwenConfig(JSON.parse(readFileSync(path, 'utf8')));
      const stored = storedType(config.source);
      return { config, stored: () => stored };
    }
    const config = publishedConfig(model);
    return config && { config, stored: () => 'bfloat16' };
  } catch {
    return undefined; // loading says it better
  }
}

/** config.json names the type in which its weights were saved. */
function storedType(source: QwenConfig['source']): WeightFormat {
  const { dtype, torch_dtype = dtype, quantization_config: quantized } = source;
  if (quantized !== undefined && quantized !== null) return 'nf4';
  return torch_dtype === 'bfloat16' ? 'bfloat16' : 'float32';
}

/** The parameters of a model as they would be loaded. */
export function parameterPlans(
  { config, stored }: ModelFacts,
  isTrained: (name: string) => boolean,
): ParameterPlan[] {
  return [...parameterShapes(config)].map(([name, shape]) => ({
    ...{ name, shape, trained: isTrained(name), stored: stored(name) },
  }));
}
