import { type AdapterFiles, parseAdapterTensorName } from '../files/index.js';
import type { LoraOptions } from './lora.js';

/**
 * Checks options beside an adapter that is loaded: it is what it is, and only its dropout can be chosen.
 *
 * @param own rank, alpha and scaling of the adapter.
 * @throws RangeError naming the option that the adapter contradicts.
 */
export function requireSameAdapters(
  options: LoraOptions,
  { tensorIndex }: Pick<AdapterFiles, 'tensorIndex'>,
  own: Required<Pick<LoraOptions, 'rank' | 'alpha' | 'rankStabilized'>>,
): void {
  for (const key of ['rank', 'alpha', 'rankStabilized'] as const) {
    if (options[key] !== undefined && options[key] !== own[key]) throw differs(key, options[key], own[key]);
  }
  const modules = [...tensorIndex.keys()].flatMap((name) => parseAdapterTensorName(name)?.module ?? []);
  if (options.targets !== undefined) {
    const adapted = new Set(modules.map((module) => module.slice(module.lastIndexOf('.') + 1)));
    if ([...adapted].sort().join() !== [...new Set(options.targets)].sort().join()) {
      throw differs('targets', options.targets, [...adapted]);
    }
  }
  const vision = modules.some((module) => module.startsWith('visual.'));
  if (options.vision !== undefined && options.vision !== vision) {
    throw differs('vision', options.vision, vision);
  }
  if (options.seed !== undefined) {
    throw new RangeError(
      'QwenPolicy.load: lora.seed beside an adapter, of which nothing is drawn; expected it left out.',
    );
  }
}

function differs(key: string, asked: unknown, found: unknown): RangeError {
  return new RangeError(
    `QwenPolicy.load: lora.${key} is ${JSON.stringify(asked)}, and the adapter has ${JSON.stringify(found)}; leave lora out, or ` +
      'merge the adapter into a model first (load it, then save) to put another on that.',
  );
}
