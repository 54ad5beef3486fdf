import type { ConfigInput } from './schema.js';

/** What the authors of CPPO publish for both their recipes. */
const authors: ConfigInput = {
  data: { template: 'cppo', eval: 'none' },
  optimizer: { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, maxGradientNorm: 1, schedule: 'constant' },
  microBatch: 1,
  checkpoint: { every: 5, keep: 3 },
};

/** Their verl recipe; two epochs of 38,870 questions are 150 steps. */
const virl39k: ConfigInput = {
  ...authors,
  model: 'Qwen/Qwen2.5-VL-3B-Instruct',
  steps: 150,
  data: { ...authors.data, train: 'TIGER-Lab/ViRL39K' },
  rollout: { prompts: 512, completions: 5, maxTokens: 4096, temperature: 1 },
  optimizer: { ...authors.optimizer, learningRate: 1e-6, miniBatch: 64 },
  objective: {
    type: 'cppo',
    policy: { loss: 'dapo', clipLow: 0.2, clipHigh: 0.2, dualClip: 3 },
    kl: { coefficient: 0.01, kind: 'k3' },
    cppo: { coefficient: 0.01, ratio: 0.5, tau: 0.1, distance: 'k3', score: 'relative', base: 'positive' },
  },
  views: 'cppoVerl',
  reward: { accuracyWeight: 0.9, formatWeight: 0.1 },
};

/** Their hyper-parameters for fewer prompts a step and shorter completions, one update a step. */
const smaller: ConfigInput = {
  ...virl39k,
  rollout: { ...virl39k.rollout, prompts: 64, maxTokens: 1024 },
};

/**
 * Their method with adapters on a machine of 24 GB: groups of four short completions, few prompts a step, pictures and questions of at most
 * 1280 tokens, weights narrow in memory.
 */
const lora: ConfigInput = {
  ...smaller,
  data: { ...smaller.data, maxPromptTokens: 1280 },
  rollout: { ...smaller.rollout, prompts: 16, completions: 4, maxTokens: 256, cache: 'bfloat16' },
  optimizer: { ...smaller.optimizer, learningRate: 1e-5, miniBatch: 16 },
  lora: { rank: 16, alpha: 32 },
  weights: 'bfloat16',
};

/** Their AReaL engine. */
const geometry3k: ConfigInput = {
  ...authors,
  model: 'Qwen/Qwen2.5-VL-3B-Instruct',
  data: { ...authors.data, train: 'hiyouga/geometry3k' },
  rollout: { prompts: 32, completions: 4, maxTokens: 512, temperature: 1 },
  optimizer: { ...authors.optimizer, learningRate: 2e-6 },
  objective: {
    type: 'cppo',
    policy: { loss: 'dapo', clipLow: 0.4, clipHigh: 0.4, dualClip: 3 },
    kl: { coefficient: 0 },
    cppo: { coefficient: 0.01, ratio: 0.5, tau: 0.1, distance: 'k1', rounding: 'ceil', ties: 'exact' },
  },
  views: 'cppoAreal',
  redrawViews: false,
  reward: { shift: 0.5, scale: 10 },
};

/** Named starting points; a config file and --set override them. */
export const presets: Readonly<Record<string, ConfigInput>> = {
  tiny: {},
  'qwen2.5-vl-3b': smaller,
  'qwen2.5-vl-3b-lora': lora,
  'qwen2.5-vl-7b-lora': { ...lora, model: 'Qwen/Qwen2.5-VL-7B-Instruct', weights: 'nf4' },
  'qwen2-vl-2b-lora': { ...lora, model: 'Qwen/Qwen2-VL-2B-Instruct' },
  'qwen3-vl-2b-lora': { ...lora, model: 'Qwen/Qwen3-VL-2B-Instruct' },
  'qwen3-vl-4b-lora': { ...lora, model: 'Qwen/Qwen3-VL-4B-Instruct' },
  'authors-virl39k': { ...virl39k, data: { ...virl39k.data, maxPromptTokens: 512 } },
  'authors-geometry3k': geometry3k,
};
