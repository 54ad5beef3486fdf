import { z } from 'zod';

/**
 * The whole configuration of a run. Every key has a default, so that `cppo train` alone runs; the description of
 * a key is what `cppo config` and editors show. Units: tokens, steps, nats; rates per optimiser step.
 */

const positive = z.number().positive();
const natural = z.int().positive();
const share = z.number().min(0).max(1);

const dataSchema = z.strictObject({
  train: z
    .string()
    .default('builtin:digits')
    .describe('Training samples: builtin:<task>, a .jsonl or .parquet file, an image folder, or a hub id.'),
  eval: z
    .string()
    .default('builtin:digits')
    .describe('Held-out samples for the before/after table; the same forms. "none" skips evaluation.'),
  template: z
    .string()
    .default('question')
    .describe(
      "Prompt template: cppo (the paper's instruction), boxed, question, or own text with {question} in it.",
    ),
});

const engineSchema = z.strictObject({
  prefer: z
    .enum(['auto', 'tensorflow-gpu', 'webgpu', 'tensorflow', 'wasm', 'cpu'])
    .default('auto')
    .describe('TensorFlow.js engine; auto takes the best that this machine has.'),
  threads: natural.optional().describe('Threads of the engine; as many as it can use when left out.'),
});

const rolloutSchema = z.strictObject({
  prompts: natural.default(24).describe('Prompts (groups) a step.'),
  completions: natural.default(8).describe('G, completions a prompt.'),
  maxTokens: natural.default(32).describe('Longest completion, tokens.'),
  temperature: positive
    .default(1)
    .describe('Sampling temperature; log-probs and entropies are taken at it too.'),
});

const optimizerSchema = z.strictObject({
  learningRate: positive.default(1e-4).describe('Peak learning rate of AdamW.'),
  beta1: share.default(0.9).describe('First-moment decay.'),
  beta2: share.default(0.99).describe('Second-moment decay.'),
  epsilon: positive.default(1e-8).describe('Added to the root of the second moment.'),
  weightDecay: z.number().min(0).default(0.01).describe('Decoupled weight decay.'),
  maxGradientNorm: positive.default(1).describe('Gradients are clipped to this global norm.'),
  schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('constant')
    .describe('Learning rate over the run.'),
  warmupSteps: z.int().min(0).default(0).describe('Steps of linear warm-up.'),
});

const policyLossSchema = z.strictObject({
  loss: z
    .enum(['grpo', 'dapo', 'bnpo', 'dr_grpo', 'gspo', 'cispo'])
    .default('dapo')
    .describe('Policy loss; dapo is the mean over all tokens of the batch, as the authors of CPPO use.'),
  clipLow: share.optional().describe('ε below 1 in the clipped ratio; 0.2, for gspo 3e-4, when left out.'),
  clipHigh: positive
    .optional()
    .describe('ε above 1 in the clipped ratio; 0.2, for gspo 4e-4, when left out.'),
  dualClip: positive.default(3).describe('c: bound for negative advantages.'),
  advantageScale: z
    .enum(['group', 'batch', 'none'])
    .default('group')
    .describe('What advantages are divided by.'),
});

const cppoSchema = z.strictObject({
  coefficient: z.number().min(0).default(0.002).describe('λ, weight of the contrastive perception loss.'),
  tau: positive.default(0.1).describe('τ of the InfoNCE.'),
  distance: z.enum(['kl', 'k3', 'k1', 'js']).default('k3').describe('Distance between token distributions.'),
  ratio: share.default(0.5).describe('ρ, share of the image-dependent tokens taken as perception tokens.'),
  score: z
    .enum(['relative', 'absolute'])
    .default('relative')
    .describe('Entropy rise relative to H⁻, or absolute.'),
  base: z
    .enum(['positive', 'all'])
    .default('positive')
    .describe('ρ counts tokens of positive shift, or all.'),
  tokens: z
    .enum(['detected', 'all', 'random'])
    .default('detected')
    .describe('Detected perception tokens; or all, or as many random ones: the control arms of an ablation.'),
  gate: z
    .enum(['advantage', 'accuracy', 'none'])
    .default('advantage')
    .describe('Completions that carry the loss: A > 0, a right answer, or all.'),
});

const papoSchema = z.strictObject({
  gamma: z.number().min(0).default(0.01).describe('γ, weight of the implicit perception term.'),
  entropyOriginal: z
    .number()
    .min(0)
    .default(0.03)
    .describe('η₁, weight of the entropy under the original image.'),
  entropyMasked: z
    .number()
    .min(0)
    .default(0.03)
    .describe('η₂, weight of the entropy under the masked image.'),
});

const objectiveSchema = z.strictObject({
  type: z
    .enum(['cppo', 'grpo', 'papo', 'vppo'])
    .default('cppo')
    .describe('cppo: GRPO + contrastive perception loss; grpo; papo; vppo.'),
  policy: policyLossSchema.prefault({}),
  kl: z
    .strictObject({
      coefficient: z.number().min(0).default(0).describe('β; 0 leaves the reference policy out altogether.'),
      kind: z.enum(['k1', 'k2', 'k3']).default('k3').describe('Estimator of the KL to the reference policy.'),
    })
    .prefault({}),
  entropyBonus: z.number().min(0).default(0).describe('η, weight of an entropy bonus.'),
  cppo: cppoSchema.prefault({}),
  papo: papoSchema.prefault({}),
});

const perturbationSchema = z.union([z.string(), z.looseObject({ name: z.string() })]);

const viewsSchema = z
  .union([
    z.string(),
    z.strictObject({
      preserving: perturbationSchema,
      removing: z.union([perturbationSchema, z.array(perturbationSchema).min(1)]),
    }),
  ])
  .default('auto')
  .describe(
    'Views of an image: auto (those published with the objective), cppoVerl, cppoAreal, papo, vppo, or {preserving, removing} by names of perturbations; several removing ones make several negatives.',
  );

const rewardSchema = z.strictObject({
  accuracyWeight: z.number().min(0).default(0.9).describe('Weight of a right answer.'),
  formatWeight: z.number().min(0).default(0.1).describe('Weight of the <think>…</think> \\boxed{…} format.'),
  timeoutSeconds: positive.default(30).describe('A reward function that takes longer counts as 0.'),
});

const evaluationSchema = z.strictObject({
  questions: natural.default(96).describe('Held-out questions.'),
  samples: natural.default(8).describe('k of avg@k.'),
  temperature: positive.default(1).describe('Sampling temperature of the evaluation.'),
  every: z
    .int()
    .min(0)
    .default(0)
    .describe('Evaluate every so many steps besides before and after; 0 never.'),
});

const loraSchema = z.strictObject({
  rank: natural.default(16).describe('Rank of the adapters.'),
  alpha: positive.default(32).describe('Scale: adapters are multiplied by alpha / rank.'),
});

/** Everything that `cppo train` can be told. */
export const configSchema = z.strictObject({
  model: z.string().default('tiny').describe('tiny (shipped), a Hugging Face directory, or a hub id.'),
  seed: z.int().min(0).default(1).describe('Seed of everything that is drawn.'),
  steps: natural.default(160).describe('Optimiser steps.'),
  output: z.string().optional().describe('Run directory; runs/<objective>-<model>-seed<seed> when left out.'),
  engine: engineSchema.prefault({}),
  data: dataSchema.prefault({}),
  rollout: rolloutSchema.prefault({}),
  views: viewsSchema,
  reward: rewardSchema.prefault({}),
  objective: objectiveSchema.prefault({}),
  optimizer: optimizerSchema.prefault({}),
  microBatch: natural
    .default(24)
    .describe('Groups per forward and backward pass; changes memory, not results.'),
  freezeVision: z
    .boolean()
    .default(false)
    .describe('Leave the vision tower as it is and cache its features.'),
  lora: loraSchema
    .nullable()
    .default(null)
    .describe('Low-rank adapters instead of all weights; null trains all.'),
  evaluation: evaluationSchema.prefault({}),
  stopAfterBroken: natural
    .default(3)
    .describe(
      'Steps in a row without an update because a loss or gradient is not finite, after which the run stops with a dump.',
    ),
  checkpoint: z
    .strictObject({
      every: natural
        .default(1)
        .describe('Steps between checkpoints; one is also written at the end and on Ctrl-C.'),
      keep: natural.default(2).describe('Checkpoints kept; older ones are removed.'),
    })
    .prefault({}),
});

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
