import { parseQwenConfig, type QwenConfig } from '../config.js';
import type { QwenEncoder } from '../encoder.js';
import { readJsonIfPresent } from '../files/json-files.js';
import type { WeightFormat } from '../formats.js';
import type { ParameterPlan } from '../model/choose-formats.js';
import { parameterShapes } from '../parameters.js';
import { publishedConfig } from './published-config.js';

/** What is known of a model before its weights are read. */
export interface ModelFacts {
  readonly config: QwenConfig;
  /** How its files hold a parameter, by published name. */
  readonly stored: (name: string) => WeightFormat;
}

/**
 * Facts of a model from its config.json on this machine, or from its name; nothing is downloaded or opened for them.
 *
 * @param source a directory or a hub id.
 * @returns undefined where they are not known here, or where config.json is wrong: loading says that better.
 */
export async function knownFacts(source: string): Promise<ModelFacts | undefined> {
  try {
    const own = await readJsonIfPresent(source, 'config.json');
    if (own !== undefined) {
      const config = parseQwenConfig(own);
      const stored = storedType(config.source);
      return { config, stored: () => stored };
    }
    const config = publishedConfig(source);
    return config && { config, stored: () => 'bfloat16' };
  } catch {
    return undefined;
  }
}

/** Facts of a model that is open: how each of its parameters is stored. */
export function factsOf({ config, stored }: Pick<QwenEncoder, 'config' | 'stored'>): ModelFacts {
  return { config, stored: (name) => stored.get(name) ?? 'float32' };
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

/** config.json names the type in which its weights were saved. */
function storedType(source: QwenConfig['source']): WeightFormat {
  const { dtype, torch_dtype = dtype, quantization_config: quantized } = source;
  if (quantized !== undefined && quantized !== null) return 'nf4';
  return torch_dtype === 'bfloat16' ? 'bfloat16' : 'float32';
}
