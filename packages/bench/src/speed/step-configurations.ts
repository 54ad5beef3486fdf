import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEngine } from '@cppo/engine';
import { encodePng, seededRandom } from '@cppo/perturb';
import { QwenPolicy } from '@cppo/policy-qwen';
import { drawSamples } from '../tasks/draw-samples.js';
import type { StepJob } from './step-job.js';

/** A model and a batch. */
export interface StepConfiguration {
  readonly name: string;
  readonly model: 'tiny' | 'small';
  readonly prompts: number;
  readonly completions: number;
  readonly tokens: number;
  /** Side of the pictures, pixels: (side/28)² image tokens. The drawn digits of the default run when left out. */
  readonly side?: number;
}

export const stepConfigurations: readonly StepConfiguration[] = [
  { name: 'tiny', model: 'tiny', prompts: 24, completions: 8, tokens: 32 },
  { name: 'small', model: 'small', prompts: 2, completions: 8, tokens: 32, side: 112 },
  { name: 'prompt-heavy', model: 'tiny', prompts: 2, completions: 8, tokens: 32, side: 448 },
  { name: 'completion-heavy', model: 'tiny', prompts: 4, completions: 8, tokens: 192, side: 112 },
];

/** The pictures and questions of a configuration, as files. */
export async function writePrompts(
  configuration: StepConfiguration,
  directory: string,
): Promise<Pick<StepJob, 'pictures' | 'questions' | 'answers'>> {
  mkdirSync(directory, { recursive: true });
  const file = (index: number) => join(directory, `${configuration.name}-${index}.png`);
  const { prompts, side } = configuration;
  if (side !== undefined) {
    for (let index = 0; index < prompts; index++) writeFileSync(file(index), await noise(side, index));
    return {
      pictures: Array.from({ length: prompts }, (_, index) => file(index)),
      questions: Array<string>(prompts).fill('What is the sum of the two numbers?'),
    };
  }
  const samples = drawSamples({ tasks: ['digits'], seed: 1, count: prompts });
  for (const [index, { image }] of samples.entries()) writeFileSync(file(index), await image.png());
  return {
    pictures: samples.map((_, index) => file(index)),
    questions: samples.map(({ question }) => question),
    answers: samples.map(({ answer }) => answer),
  };
}

async function noise(side: number, seed: number): Promise<Uint8Array> {
  const random = seededRandom('speed', seed);
  const data = Uint8Array.from({ length: side * side * 3 }, () => random.bits() & 255);
  return encodePng({ width: side, height: side, data });
}

/**
 * The directory of a configuration's model. The small one has random weights, written here once:
 * hidden 512, 8 layers, vision depth 6, 33 M parameters, with the tokenizer of the tiny one.
 *
 * @param tiny directory of the tiny model.
 */
export async function writeModel(
  model: StepConfiguration['model'],
  tiny: string,
  directory: string,
): Promise<string> {
  if (model === 'tiny') return tiny;
  const read = (name: string) => JSON.parse(readFileSync(join(tiny, name), 'utf8'));
  const config = read('config.json');
  await startEngine({ prefer: 'cpu' });
  const policy = QwenPolicy.fromConfig(
    {
      ...config,
      hidden_size: 512,
      intermediate_size: 1408,
      num_hidden_layers: 8,
      num_attention_heads: 8,
      num_key_value_heads: 2,
      rope_scaling: { type: 'mrope', mrope_section: [8, 12, 12] },
      max_window_layers: 8,
      vision_config: {
        ...config.vision_config,
        depth: 6,
        hidden_size: 384,
        intermediate_size: 1024,
        num_heads: 6,
        out_hidden_size: 512,
        fullatt_block_indexes: [2, 5],
      },
    },
    1,
    'fan-in',
    {
      files: {
        tokenizerJson: read('tokenizer.json'),
        tokenizerConfig: read('tokenizer_config.json'),
        preprocessorConfig: read('preprocessor_config.json'),
        generationConfig: read('generation_config.json'),
        chatTemplate: readFileSync(join(tiny, 'chat_template.jinja'), 'utf8'),
      },
    },
  );
  const target = join(directory, model);
  await policy.save(target, { dtype: 'float32' });
  policy.dispose();
  return target;
}
