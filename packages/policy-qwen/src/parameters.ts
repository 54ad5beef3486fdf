import type { QwenConfig } from './config.js';
import { familyOf } from './families/index.js';

/**
 * Every parameter of a model with its shape, in the order and under the names of the flat checkpoints
 * (`visual.…`, `model.…`, and `lm_head.weight` when the head is not tied). `storedName` gives those of its family.
 */
export function parameterShapes(config: QwenConfig): ReadonlyMap<string, readonly number[]> {
  const { text, vision } = config;
  const shapes = new Map<string, readonly number[]>();
  const linear = (name: string, output: number, input: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [output, input]);
    if (bias) shapes.set(`${name}.bias`, [output]);
  };

  const { norm, patchBias, names } = vision.design;
  const normal = (name: string, size: number) => {
    shapes.set(`${name}.weight`, [size]);
    if (norm === 'layer') shapes.set(`${name}.bias`, [size]);
  };
  const size = vision.hiddenSize;
  const merged = size * vision.mergeSize ** 2;
  const { channels, temporalPatchSize, patchSize } = vision;
  shapes.set('visual.patch_embed.proj.weight', [size, channels, temporalPatchSize, patchSize, patchSize]);
  if (patchBias) shapes.set('visual.patch_embed.proj.bias', [size]);
  if (vision.positionSide) shapes.set('visual.pos_embed.weight', [vision.positionSide ** 2, size]);
  for (let block = 0; block < vision.depth; block++) {
    const name = `visual.blocks.${block}`;
    normal(`${name}.norm1`, size);
    normal(`${name}.norm2`, size);
    linear(`${name}.attn.qkv`, 3 * size, size, true);
    linear(`${name}.attn.proj`, size, size, true);
    for (const layer of names.mlp.slice(0, -1))
      linear(`${name}.mlp.${layer}`, vision.intermediateSize, size, true);
    linear(`${name}.mlp.${names.mlp.at(-1)}`, size, vision.intermediateSize, true);
  }
  const merger = (name: string, normalised: number) => {
    normal(`${name}.${names.mergerNorm}`, normalised);
    linear(`${name}.${names.mergerFirst}`, merged, merged, true);
    linear(`${name}.${names.mergerSecond}`, vision.outputSize, merged, true);
  };
  merger('visual.merger', size);
  vision.deepBlocks.forEach((_, i) => {
    merger(`visual.deepstack_merger_list.${i}`, merged);
  });

  const { hiddenSize, headDimension } = text;
  const { biases, headNorms } = text.design;
  shapes.set('model.embed_tokens.weight', [text.vocabularySize, hiddenSize]);
  for (let layer = 0; layer < text.layers; layer++) {
    const name = `model.layers.${layer}`;
    shapes.set(`${name}.input_layernorm.weight`, [hiddenSize]);
    linear(`${name}.self_attn.q_proj`, text.heads * headDimension, hiddenSize, biases);
    linear(`${name}.self_attn.k_proj`, text.keyValueHeads * headDimension, hiddenSize, biases);
    linear(`${name}.self_attn.v_proj`, text.keyValueHeads * headDimension, hiddenSize, biases);
    linear(`${name}.self_attn.o_proj`, hiddenSize, text.heads * headDimension, false);
    if (headNorms) {
      shapes.set(`${name}.self_attn.q_norm.weight`, [headDimension]);
      shapes.set(`${name}.self_attn.k_norm.weight`, [headDimension]);
    }
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

/**
 * The name that checkpoints of the model's family give a parameter; the inverse of `publishedName` where they nest it.
 *
 * @param published as `parameterShapes` names it.
 */
export function storedName({ modelType }: QwenConfig, published: string): string {
  return familyOf(modelType).tensorNames === 'nested' ? nestedName(published) : published;
}

/** `visual.…` → `model.visual.…`, `model.…` → `model.language_model.…`: as transformers ≥ 4.52 names it in memory. */
export function nestedName(published: string): string {
  if (published.startsWith('visual.')) return `model.${published}`;
  if (published.startsWith('model.')) return `model.language_model.${published.slice('model.'.length)}`;
  return published;
}
