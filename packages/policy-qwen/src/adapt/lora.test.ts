import '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { LoraAdapters } from './lora.js';

const shapes = new Map<string, readonly number[]>([
  ['model.embed_tokens.weight', [9, 4]],
  ['model.layers.0.self_attn.q_proj.weight', [4, 4]],
  ['model.layers.0.input_layernorm.weight', [4]],
  ['visual.patch_embed.proj.weight', [4, 3, 2, 14, 14]],
  ['visual.pos_embed.weight', [9, 4]],
  ['visual.blocks.0.attn.qkv.weight', [12, 4]],
  ['lm_head.weight', [9, 4]],
]);
const stored = (module: string) =>
  new LoraAdapters(
    shapes,
    { rank: 1 },
    true,
    new Map([[module, { down: new Float32Array(4), up: new Float32Array(9) }]]),
  );

it.each(['lm_head', 'model.embed_tokens', 'visual.pos_embed', 'visual.patch_embed.proj'])(
  'refuses stored factors of %s, which the forward pass would leave out',
  (module) => {
    expect(() => stored(module)).toThrow(
      `LoraAdapters: the adapter holds factors of ${module}, and adapting embeddings or the head is not supported`,
    );
  },
);

it('refuses stored factors of what is no linear layer of the model', () => {
  const message = 'and the model has no such linear layer.';
  expect(() => stored('model.layers.1.self_attn.q_proj')).toThrow(message);
  expect(() => stored('model.layers.0.input_layernorm')).toThrow(message);
});

it.each([
  [
    ['q_proj', 'lm_head'],
    'targets name "lm_head", which no linear layer is called; expected some of q_proj.',
  ],
  [['q_prj'], 'targets name "q_prj", which no linear layer is called; did you mean "q_proj"?'],
  [['q_proj', 'qkv'], 'targets name "qkv", a layer of the vision tower; expected vision: true beside it.'],
])('refuses targets %j: every one has to name a layer', (targets, message) => {
  expect(() => new LoraAdapters(shapes, { targets })).toThrow(`LoraAdapters: ${message}`);
});

it('adapts the layers that targets name, in the vision tower where that is asked for', () => {
  const adapted = (options: object) => [...new LoraAdapters(shapes, { rank: 1, ...options }).factors.keys()];
  expect(adapted({ targets: ['q_proj'] })).toEqual(['model.layers.0.self_attn.q_proj']);
  expect(adapted({ targets: ['q_proj', 'qkv'], vision: true })).toEqual([
    'model.layers.0.self_attn.q_proj',
    'visual.blocks.0.attn.qkv',
  ]);
});
