import { nestedName, publishedName } from '../parameters.js';

/** The two factors of a low-rank update ΔW = (alpha / rank)·B·A, A [rank, in], B [out, rank]. */
export type LoraFactor = 'A' | 'B';

/**
 * The name PEFT gives a LoRA factor, `base_model.model.<module>.lora_A.weight`, where the module is named
 * as transformers ≥ 4.52 names it in memory.
 *
 * @param module published name of the linear layer, such as `model.layers.0.self_attn.q_proj`.
 */
export function adapterTensorName(module: string, factor: LoraFactor): string {
  return `base_model.model.${nestedName(module)}.lora_${factor}.weight`;
}

/**
 * The inverse: which factor of which module a stored tensor is, module names of older transformers included.
 *
 * @returns undefined when the name is none of a LoRA factor.
 */
export function parseAdapterTensorName(
  name: string,
): { readonly module: string; readonly factor: LoraFactor } | undefined {
  const match = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name);
  return match ? { module: publishedName(match[1]!), factor: match[2] as LoraFactor } : undefined;
}
