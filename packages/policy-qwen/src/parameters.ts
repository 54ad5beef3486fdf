import type { QwenConfig } from './config.js';

/**
 * Every parameter of a Qwen2.5-VL model with its shape, in the order and under the names of the published
 * checkpoints (`visual.…`, `model.…`, and `lm_head.weight` when the head is not tied).
 * Linear weights are [out, in]. For the published 3B these are 824 tensors and 3,754,622,976 numbers.
 */
export function parameterShapes(config: QwenConfig): ReadonlyMap<string, readonly number[]> {
  const { text, vision } = config;
  const shapes = new Map<string, readonly number[]>();
  const linear = (name: string, output: number, input: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [output, input]);
    if (bias) shapes.set(`${name}.bias`, [output]);
  };

  const size = vision.hiddenSize;
  const merged = size * vision.mergeSize ** 2;
  shapes.set('visual.patch_embed.proj.weight', [
    size,
    vision.channels,
    vision.temporalPatchSize,
    vision.patchSize,
    vision.patchSize,
  ]);
  for (let block = 0; block < vision.depth; block++) {
    const name = `visual.blocks.${block}`;
    shapes.set(`${name}.norm1.weight`, [size]);
    shapes.set(`${name}.norm2.weight`, [size]);
    linear(`${name}.attn.qkv`, 3 * size, size, true);
    linear(`${name}.attn.proj`, size, size, true);
    linear(`${name}.mlp.gate_proj`, vision.intermediateSize, size, true);
    linear(`${name}.mlp.up_proj`, vision.intermediateSize, size, true);
    linear(`${name}.mlp.down_proj`, size, vision.intermediateSize, true);
  }
  shapes.set('visual.merger.ln_q.weight', [size]);
  linear('visual.merger.mlp.0', merged, merged, true);
  linear('visual.merger.mlp.2', vision.outputSize, merged, true);

  const { hiddenSize, headDimension } = text;
  shapes.set('model.embed_tokens.weight', [text.vocabularySize, hiddenSize]);
  for (let layer = 0; layer < text.layers; layer++) {
    const name = `model.layers.${layer}`;
    shapes.set(`${name}.input_layernorm.weight`, [hiddenSize]);
    linear(`${name}.self_attn.q_proj`, text.heads * headDimension, hiddenSize, true);
    linear(`${name}.self_attn.k_proj`, text.keyValueHeads * headDimension, hiddenSize, true);
    linear(`${name}.self_attn.v_proj`, text.keyValueHeads * headDimension, hiddenSize, true);
    linear(`${name}.self_attn.o_proj`, hiddenSize, text.heads * headDimension, false);
    shapes.set(`${name}.post_attention_layernorm.weight`, [hiddenSize]);
    linear(`${name}.mlp.gate_proj`, text.intermediateSize, hiddenSize, false);
    linear(`${name}.mlp.up_proj`, text.intermediateSize, hiddenSize, false);
    linear(`${name}.mlp.down_proj`, hiddenSize, text.intermediateSize, false);
  }
  shapes.set('model.norm.weight', [hiddenSize]);
  if (!config.tied) shapes.set('lm_head.weight', [text.vocabularySize, hiddenSize]);
  return shapes;
}

/**
 * The published name of a parameter that transformers ≥ 4.52 may have saved under its new name
 * (`model.visual.…`, `model.language_model.…`); published names are returned unchanged.
 */
export function publishedName(name: string): string {
  if (name.startsWith('model.visual.')) return name.slice('model.'.length);
  if (name.startsWith('model.language_model.')) return `model.${name.slice('model.language_model.'.length)}`;
  return name;
}
