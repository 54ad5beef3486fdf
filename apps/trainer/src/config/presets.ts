import type { ConfigInput } from './schema.js';

/** What the authors publish for both their recipes. */
const authors: ConfigInput = {
  data: { template: 'cppo' },
  optimizer: { weightDecay: 0.01, beta1: 0.9, beta2: 0.999, maxGradientNorm: 1, schedule: 'constant' },
};

const virl39k: ConfigInput = {
  ...authors,
  model: 'Qwen/Qwen2.5-VL-3B-Instruct',
  data: { ...authors.data, train: 'TIGER-Lab/ViRL39K', eval: 'none' },
  rollout: { prompts: 512, completions: 5, maxTokens: 4096, temperature: 1 },
  optimizer: { ...authors.optimizer, learningRate: 1e-6 },
  objective: {
    type: 'cppo',
    policy: { loss: 'dapo', clipLow: 0.2, clipHigh: 0.2, dualClip: 3 },
    kl: { coefficient: 0.01, kind: 'k3' },
    cppo: { coefficient: 0.01, ratio: 0.5, tau: 0.1, distance: 'k3' },
  },
  views: 'cppoVerl',
  microBatch: 1,
  checkpoint: { every: 5, keep: 3 },
};

/** Named starting points; a config file and --set override them. */
export const presets: Readonly<Record<string, ConfigInput>> = {
  tiny: {},
  'qwen2.5-vl-3b': { ...virl39k, rollout: { ...virl39k.rollout, prompts: 64, maxTokens: 1024 } },
  'qwen2.5-vl-3b-lora': {
    ...virl39k,
    rollout: { ...virl39k.rollout, prompts: 64, maxTokens: 1024 },
    optimizer: { ...virl39k.optimizer, learningRate: 1e-5 },
    lora: { rank: 64, alpha: 128 },
  },
  'qwen2.5-vl-7b-lora': {
    ...virl39k,
    model: 'Qwen/Qwen2.5-VL-7B-Instruct',
    rollout: { ...virl39k.rollout, prompts: 64, maxTokens: 1024 },
    optimizer: { ...virl39k.optimizer, learningRate: 1e-5 },
    lora: { rank: 64, alpha: 128 },
  },
  'authors-virl39k': virl39k,
  'authors-geometry3k': {
    ...virl39k,
    data: { ...authors.data, train: 'hiyouga/geometry3k', eval: 'none' },
    rollout: { prompts: 32, completions: 4, maxTokens: 512, temperature: 1 },
    optimizer: { ...authors.optimizer, learningRate: 2e-6 },
    objective: {
      ...virl39k.objective,
      policy: { loss: 'dapo', clipLow: 0.4, clipHigh: 0.4, dualClip: 3 },
      kl: { coefficient: 0, kind: 'k3' },
      cppo: { ...virl39k.objective?.cppo, distance: 'k1' },
    },
    views: 'cppoAreal',
  },
};
