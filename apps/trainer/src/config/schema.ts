import { memorySize } from '@cppo/checked-options';
import { cppoDefaults } from '@cppo/cppo';
import { engineNames } from '@cppo/engine';
import { detectionPresets } from '@cppo/entropy-detect';
import {
  adamWDefaults,
  advantagePresets,
  importanceWeightDefaults,
  lossTypes,
  policyLossDefaults,
  vppoDefaults,
} from '@cppo/grpo';
import { presetNames } from '@cppo/perturb';
import { numberTypes, weightFormats } from '@cppo/policy-qwen/formats';
import { rewardDefaults } from '@cppo/reward';
import {
  componentSchema,
  detectors,
  distances,
  loggers,
  papoOptions,
  perturbations,
  rewards,
  terms,
} from '@cppo/training';
import { z } from 'zod';
import { policies } from '../components/policy-family.js';
import { samplers } from '../components/samplers.js';

/**
 * The whole configuration of a run. Every key has a default, so that `cppo train` alone runs; the description of
 * a key is what `cppo config` and editors show. Units: tokens, steps, nats; rates per optimiser step.
 */

const positive = z.number().positive();
const natural = z.int().positive();
const count = z.int().min(0);
const weight = z.number().min(0);
const share = z.number().min(0).max(1);

const samples = z.union(
  [
    z.string().min(1),
    z.looseObject({ name: z.string().min(1), module: z.never().optional() }),
    z.looseObject({ module: z.string().min(1), name: z.never().optional() }),
    z.array(z.strictObject({ source: z.string().min(1), weight: positive.default(1) })).min(1),
  ],
  { error: 'builtin:<task>, a file, a folder, a hub id, or a path to a module such as ./my-data.ts' },
);

const dataSchema = z.strictObject({
  train: samples
    .default('builtin:digits')
    .describe(
      'Training samples: builtin:<task>, a .jsonl or .parquet file, an image folder, a hub id, {name, …options of the reader}, a module, or a list of {source, weight} to mix.',
    ),
  eval: samples
    .default('builtin:digits')
    .describe('Held-out samples for the before/after table; the same forms. "none" skips evaluation.'),
  template: z
    .string()
    .default('auto')
    .describe(
      "Prompt template: cppo (the paper's instruction), boxed, question (bare), described (what vision-sr1 rewards), or own text with {question} in it; auto is what the model was trained with (cppo.json in its directory), else question for built-in tasks and cppo for all others.",
    ),
  background: z
    .union(
      [z.enum(['auto', 'drop', 'white', 'black']), z.string().regex(/^#[0-9a-fA-F]{6}$/, { abort: true })],
      {
        error: 'auto, drop, white, black, or a colour such as #f0f0f0',
      },
    )
    .default('auto')
    .describe(
      'What transparent pixels show: drop (the colours stored beneath them, as transformers does), white, black or #rrggbb; auto is what the model was trained with, else drop.',
    ),
  minPixels: natural
    .optional()
    .describe("Fewest pixels of a picture: smaller ones are enlarged. The model's own bound when left out."),
  maxPixels: natural
    .optional()
    .describe(
      "Most pixels of a picture: larger ones are shrunk, for shorter prompts (28 × 28 pixels are a token, 32 × 32 with Qwen3-VL). The model's own bound when left out.",
    ),
  maxPromptTokens: natural
    .optional()
    .describe(
      "Longest prompt, image tokens included; longer ones are left out and counted. The model's context less rollout.maxTokens when left out.",
    ),
  check: z
    .enum(['decode', 'structure', 'none'])
    .default('decode')
    .describe(
      'How pictures are checked before the first step: decode each, its header and end (faster), or not at all.',
    ),
  broken: z
    .enum(['error', 'skip'])
    .default('error')
    .describe('Broken rows and pictures stop the run, all of them named; or are left out and counted.'),
});

const engineSchema = z.strictObject({
  prefer: z
    .enum(['auto', ...engineNames])
    .default('auto')
    .describe('TensorFlow.js engine; auto takes the best that this machine has.'),
  threads: natural.optional().describe('Threads of the engine; as many as it can use when left out.'),
  softwareAdapter: z
    .boolean()
    .default(false)
    .describe(
      'Accept a WebGPU adapter that is emulated on the processor: slow, to try WebGPU without a card.',
    ),
  memory: z
    .string()
    .regex(memorySize, `a size such as 12GB or 800MiB`)
    .optional()
    .describe(
      'Memory that the run may take, such as 12GB; all that the machine has, or what a container or cgroup allows, when left out. What takes more is refused before it is loaded.',
    ),
});

const rolloutSchema = z.strictObject({
  prompts: natural.default(24).describe('Prompts (groups) a step.'),
  completions: natural.default(8).describe('G, completions a prompt.'),
  maxTokens: natural.default(32).describe('Longest completion, tokens.'),
  temperature: positive
    .default(1)
    .describe('Sampling temperature; log-probs and entropies are taken at it too.'),
  topK: count
    .default(0)
    .describe(
      'Sample among the k likeliest tokens only; 0 among all. Log-probs stay those of the whole distribution.',
    ),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('Sample among the fewest tokens that reach this probability; 1 among all.'),
  sampler: componentSchema(samplers, './my-sampler.ts')
    .default('group')
    .describe(
      'How completions are sampled: group (all from the picture), noisy (NoisyRollout: {name: noisy, share: 0.5, strength: 500} samples a share of them from a noised one), augmented ({name: augmented, view: rotate, share: 1} samples and trains under a preserving view), {name: engine, kind: vllm, urls, model, adapters} (vLLM or SGLang servers; it takes lora), or a module.',
    ),
  ahead: z
    .int()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'Steps whose completions are sampled before their turn, while the step before is computed: 0, or 1 where the sampler is another engine; they are then sampled with weights one step old.',
    ),
  refills: count
    .default(0)
    .describe(
      'Dynamic sampling: how often a step may draw further prompts in place of groups that are all right or all wrong; 0 never.',
    ),
  batch: natural
    .optional()
    .describe(
      'Prompts whose completions are sampled together; as many as fit into the memory when left out. Changes memory and time, not what is sampled.',
    ),
  cache: z
    .enum(numberTypes)
    .default('float32')
    .describe('Numbers in which keys and values are held while sampling; bfloat16 takes half the memory.'),
});

const optimizerSchema = z.strictObject({
  learningRate: positive.default(1e-4).describe('Peak learning rate of AdamW.'),
  beta1: share.default(adamWDefaults.beta1).describe('First-moment decay.'),
  beta2: share.default(0.99).describe('Second-moment decay.'),
  epsilon: positive.default(adamWDefaults.epsilon).describe('Added to the root of the second moment.'),
  weightDecay: weight.default(adamWDefaults.weightDecay).describe('Decoupled weight decay.'),
  maxGradientNorm: positive.default(1).describe('Gradients are clipped to this global norm.'),
  schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('constant')
    .describe('Learning rate over the run.'),
  warmupSteps: count.default(0).describe('Steps of linear warm-up.'),
  miniBatch: natural
    .optional()
    .describe('Groups of one update; all of the step when left out. Fewer make several updates a step.'),
  epochs: natural
    .default(1)
    .describe('How often a step goes through its groups; the clipped ratio is for the later times.'),
});

const policyLossSchema = z.strictObject({
  loss: z
    .enum(Object.keys(lossTypes) as [keyof typeof lossTypes, ...(keyof typeof lossTypes)[]])
    .default(policyLossDefaults.loss)
    .describe('Policy loss; dapo is the mean over all tokens of the batch, as the authors of CPPO use.'),
  clipLow: share
    .optional()
    .describe('ε below 1 in the clipped ratio; 0.2, for gspo and luspo 3e-4, when left out.'),
  clipHigh: positive
    .optional()
    .describe('ε above 1 in the clipped ratio; 0.2, for gspo and luspo 4e-4, when left out.'),
  dualClip: z
    .number()
    .gt(1)
    .nullable()
    .default(policyLossDefaults.dualClip)
    .describe('c: the loss of a token with A < 0 is at most −c·A; null leaves it out.'),
  truncated: z
    .enum(['keep', 'mask'])
    .default('keep')
    .describe('Completions that the length limit cut off: train on them, or mask their tokens.'),
  importance: z
    .strictObject({
      level: z
        .enum(['token', 'sequence'])
        .default(importanceWeightDefaults.level)
        .describe('A weight for each token, or one for each completion.'),
      mode: z
        .enum(['truncate', 'mask'])
        .default(importanceWeightDefaults.mode)
        .describe('Weights out of bounds are clamped, or their tokens left out.'),
      min: weight.default(importanceWeightDefaults.min).describe('Smallest weight.'),
      max: positive.default(importanceWeightDefaults.max).describe('Largest weight.'),
    })
    .nullable()
    .prefault({})
    .describe(
      'Importance weights of completions that another engine sampled: what the policy gives them over what the sampler gave them; null leaves them out.',
    ),
  advantageBaseline: z
    .enum(['mean', 'leave-one-out', 'batch', 'none'])
    .default(advantagePresets.grpo.baseline)
    .describe(
      "What rewards are compared with: the group's mean, the mean of its others (RLOO), the batch's.",
    ),
  advantageScale: z
    .enum(['group', 'batch', 'whiten', 'none'])
    .default(advantagePresets.grpo.scale)
    .describe('What advantages are divided by.'),
});

const cppoSchema = z.strictObject({
  coefficient: z
    .union([weight, z.strictObject({ share: positive })], {
      error: 'a number, 0 or more, or {share: a number above 0}',
    })
    .default(cppoDefaults.coefficient)
    .describe(
      "λ, weight of the contrastive perception loss; or {share: 0.1}, which holds the norm of its gradient at that share of the other terms', step by step.",
    ),
  tau: positive.default(cppoDefaults.tau).describe('τ of the InfoNCE.'),
  distance: componentSchema(distances, './my-distance.ts')
    .default(cppoDefaults.distance)
    .describe('Distance between token distributions: kl, k3, k1, js, or a module.'),
  detector: componentSchema(detectors, './my-detector.ts')
    .default('entropy')
    .describe(
      'What finds perception tokens: entropy (the rise of entropy), shift (how far the log-probability moves), both with the next keys, or a module.',
    ),
  ratio: z
    .number()
    .gt(0)
    .max(1)
    .default(detectionPresets.cppoVerl.ratio)
    .describe('ρ, share of the image-dependent tokens taken as perception tokens.'),
  score: z
    .enum(['relative', 'absolute'])
    .optional()
    .describe('Entropy rise relative to H⁻ (when left out), or absolute; of the detector entropy alone.'),
  base: z
    .enum(['positive', 'all'])
    .default(detectionPresets.cppoVerl.base)
    .describe('ρ counts tokens of positive shift, or all.'),
  rounding: z
    .enum(['floor', 'ceil'])
    .default(detectionPresets.cppoVerl.rounding)
    .describe('How ρ times their number becomes a whole one.'),
  ties: z
    .enum(['keep', 'exact'])
    .default(detectionPresets.cppoVerl.ties)
    .describe('Tokens that score as the last one taken: keep all, or exactly k.'),
  tokens: z
    .enum(['detected', 'all', 'random', 'known'])
    .default(cppoDefaults.choice)
    .describe(
      'Detected perception tokens; or the control arms of an ablation: all, as many random ones, or those known to come from the picture (built-in tasks).',
    ),
  gate: z
    .enum(['advantage', 'accuracy', 'none'])
    .default(cppoDefaults.gate)
    .describe(
      'Completions that carry the loss: advantage (those with A > 0), accuracy (right answers), or none: no gate, all of them.',
    ),
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(cppoDefaults.share)
    .describe(
      'Chance with which a group behind the gate carries the loss; only those are seen under the views, which takes less time.',
    ),
  gradients: z
    .array(z.enum(['anchor', 'positive', 'negative']))
    .min(1)
    .default(['anchor', 'positive', 'negative'])
    .describe('Passes that carry its gradient; [anchor] alone costs a third of what all three do.'),
});

const vppoSchema = z.strictObject({
  share: z
    .number()
    .gt(0)
    .max(1)
    .default(vppoDefaults.share)
    .describe('Share of tokens that keep their policy loss.'),
  smallestScale: share
    .nullable()
    .default(vppoDefaults.smallestScale)
    .describe('a_min, smallest factor of an advantage; null leaves advantages as they are.'),
});

const objectiveSchema = z.strictObject({
  type: z
    .enum(['cppo', 'grpo', 'papo', 'vppo'])
    .default('cppo')
    .describe('cppo: GRPO + contrastive perception loss; grpo; papo; vppo.'),
  policy: policyLossSchema.prefault({}),
  kl: z
    .strictObject({
      coefficient: weight.default(0).describe('β; 0 leaves the reference policy out altogether.'),
      kind: z
        .enum(['k1', 'k2', 'k3', 'exact'])
        .default('k3')
        .describe('Estimator of the KL to the reference policy, or exact over the whole vocabulary.'),
    })
    .prefault({}),
  entropyBonus: weight.default(0).describe('η, weight of an entropy bonus.'),
  cppo: cppoSchema.prefault({}),
  papo: papoOptions.prefault({}),
  vppo: vppoSchema.prefault({}),
  terms: z
    .array(componentSchema(terms, './my-term.ts'))
    .default([])
    .describe(
      'Further loss terms, added to those of the type: {name: papo, gamma: 0.02}, {name: entropy, coefficient: 0.01}, or modules.',
    ),
});

const perturbation = componentSchema(perturbations, './my-perturbation.ts');

const viewsSchema = z
  .union(
    [
      z.enum(['auto', ...presetNames]),
      z.strictObject({
        preserving: perturbation,
        removing: z.union([perturbation, z.array(perturbation).min(1)], {
          error: 'a perturbation or a list of them',
        }),
      }),
    ],
    { error: `one of auto, ${presetNames.join(', ')}, or an object with preserving and removing` },
  )
  .default('auto')
  .describe(
    'Views of an image: auto (those published with the objective), cppoVerl, cppoAreal, papo, vppo, or {preserving, removing}, each a name, {name, …options} or a module; several removing ones make several negatives.',
  );

const rewardSchema = z.strictObject({
  function: componentSchema(rewards({ accuracyWeight: 1, formatWeight: 0 }), './my-reward.ts')
    .default('boxed')
    .describe(
      'boxed (the last \\boxed{} equals the answer; accuracyWeight and formatWeight are its), vision-sr1 (a description that lets the model answer without the picture is rewarded too; use data.template=described), {name: judge, baseUrl, model} (what is not equal is shown to a language model behind an OpenAI-compatible server; key OPENAI_API_KEY), or a module.',
    ),
  functions: z
    .array(componentSchema(rewards({ accuracyWeight: 1, formatWeight: 0 }), './my-reward.ts'))
    .min(1)
    .optional()
    .describe(
      'Several reward functions in place of one: names, {name, weight, …options}, {module, weight, …options}. The reward is the weighted sum, and each is logged by itself. Those after the first may give a number alone.',
    ),
  accuracyWeight: weight.default(rewardDefaults.accuracyWeight).describe('Weight of a right answer.'),
  formatWeight: weight
    .default(rewardDefaults.formatWeight)
    .describe('Weight of the <think>…</think> \\boxed{…} format.'),
  overlong: z
    .strictObject({
      weight: weight.default(0).describe("Weight of DAPO's overlong penalty, which lies in [−1, 0]; 0 none."),
      buffer: natural.default(8).describe('Tokens before rollout.maxTokens over which it grows.'),
    })
    .prefault({}),
  repetition: z
    .strictObject({
      weight: weight.default(0).describe('Weight of the penalty of repeated n-grams, in [−1, 0]; 0 none.'),
      size: natural.default(3).describe('n, words.'),
    })
    .prefault({}),
  length: z
    .strictObject({
      weight: weight.default(0).describe('Weight of −length / rollout.maxTokens; 0 none.'),
    })
    .prefault({}),
  shift: z.number().default(0).describe('Rewards become (r − shift) · scale, last of all.'),
  scale: positive.default(1).describe('See shift.'),
  timeoutSeconds: positive
    .default(30)
    .describe(
      'A completion whose verdict takes longer is not judged. A function that never yields cannot be timed.',
    ),
});

const evaluationSchema = z.strictObject({
  questions: natural.default(96).describe('Held-out questions.'),
  samples: natural.default(8).describe('k of avg@k.'),
  temperature: positive.default(1).describe('Sampling temperature of the evaluation.'),
  every: count
    .default(0)
    .describe(
      'Steps between evaluations while it trains, on the same questions; the last step is evaluated too. 0 evaluates before and after only.',
    ),
  patience: count
    .default(0)
    .describe(
      'Evaluations in a row without a higher accuracy after which the run ends early; 0 never. It needs evaluation.every.',
    ),
});

const loraSchema = z.strictObject({
  rank: natural.default(16).describe('Rank of the adapters.'),
  alpha: positive.default(32).describe('Scale: adapters are multiplied by alpha / rank.'),
});

const keysSchema = z.strictObject({
  model: z.string().min(1).default('tiny').describe('tiny (shipped), a Hugging Face directory, or a hub id.'),
  policy: componentSchema(policies, './my-policy.ts')
    .default('qwen')
    .describe('What loads the model and trains it: qwen (Qwen2-VL, Qwen2.5-VL, Qwen3-VL), or a module.'),
  seed: z.int().min(0).default(1).describe('Seed of everything that is drawn.'),
  steps: natural.default(160).describe('Steps; each samples, judges and updates.'),
  output: z
    .string()
    .min(1)
    .optional()
    .describe('Run directory; runs/<objective>-<model>-seed<seed> when left out.'),
  engine: engineSchema.prefault({}),
  data: dataSchema.prefault({}),
  rollout: rolloutSchema.prefault({}),
  views: viewsSchema,
  redrawViews: z
    .boolean()
    .default(true)
    .describe('Draw the views of a sample anew each epoch (the authors with verl), or once (with AReaL).'),
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
  weights: z
    .enum(weightFormats)
    .optional()
    .describe(
      'How frozen weights are held: float32, bfloat16, int8 (8 bits, a scale for each row) or nf4 (4 bits, a scale for each 64 numbers; embedding and head 8 bits). As the files have them, where the engine multiplies that, when left out. What is trained is float32.',
    ),
  activations: z
    .enum(numberTypes)
    .default('float32')
    .describe(
      'Numbers in which frozen weights are multiplied: float32, or bfloat16 (inputs and weights of a product rounded, sums in float32), which is faster where the processor has it.',
    ),
  evaluation: evaluationSchema.prefault({}),
  checkpoint: z
    .strictObject({
      every: natural
        .default(1)
        .describe('Steps between checkpoints; one is also written at the end and on Ctrl-C.'),
      keep: natural.default(2).describe('Checkpoints kept; older ones are removed.'),
      best: z
        .boolean()
        .default(false)
        .describe(
          'Also keep the checkpoint of the highest held-out accuracy, in best/ of the run. It needs evaluation.every.',
        ),
    })
    .prefault({}),
  stopAfterBroken: natural
    .default(3)
    .describe(
      'Steps in a row without an update because a loss or gradient is not finite or no completion could be judged, after which the run stops with a dump (fewer in a run of fewer steps).',
    ),
  cluster: z
    .strictObject({
      lostSeconds: z
        .number()
        .min(1)
        .default(30)
        .describe('Seconds without an answer after which another learner counts as lost, and all stop.'),
      joinSeconds: z
        .number()
        .min(1)
        .default(600)
        .describe('Seconds that learners wait for one another to come.'),
    })
    .prefault({}),
  loggers: z
    .array(componentSchema(loggers, './my-logger.ts'))
    .default(['tensorboard'])
    .describe(
      'Where figures go besides metrics.jsonl: tensorboard, {name: mlflow, uri, experiment}, or modules.',
    ),
});

/** Everything that `cppo train` can be told. */
export const configSchema = keysSchema.superRefine(
  ({ data, evaluation, checkpoint, reward, objective }, context) => {
    const { every, patience } = evaluation;
    const refuse = (path: string[], input: unknown, message: string) =>
      context.addIssue({ code: 'custom', path, input, message });
    if (every > 0 && data.eval === 'none')
      refuse(['evaluation', 'every'], every, '0 where data.eval is none: there is nothing to evaluate');
    const { detector, score } = objective.cppo;
    if (
      score !== undefined &&
      (detector === 'shift' || (typeof detector === 'object' && detector.name === 'shift'))
    )
      refuse(['objective', 'cppo', 'score'], score, 'nothing where objective.cppo.detector is shift');
    const { importance } = objective.policy;
    if (importance !== null && importance.min > importance.max)
      refuse(['objective', 'policy', 'importance', 'min'], importance.min, `at most max, ${importance.max}`);
    if (reward.functions !== undefined && reward.function !== 'boxed')
      refuse(['reward', 'function'], reward.function, 'it among reward.functions, or none of those');
    if (every > 0) return;
    const reason = 'where evaluation.every is 0: only evaluations while it trains tell which step was best';
    if (patience > 0) refuse(['evaluation', 'patience'], patience, `0 ${reason}`);
    if (checkpoint.best) refuse(['checkpoint', 'best'], checkpoint.best, `false ${reason}`);
  },
);

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
