import { AdamW, rollout } from '@cppo/grpo';
import { cppoVerl } from '@cppo/perturb';
import type { RewardFunction } from '@cppo/reward';
import { RunDirectory } from '@cppo/run';
import {
  type Encoded,
  openTrainingSource,
  runTraining,
  type SampleSet,
  type Session,
  type TrainingSettings,
} from '@cppo/training';
import { GuessPolicy } from './guess-policy.js';

export const samples: SampleSet = {
  length: 4,
  read: (index) => ({
    id: `sum-${index}`,
    question: `What is ${index} + 1?`,
    answer: `${index + 1}`,
    images: [],
  }),
};

/** The nearer the sum, the better. */
const reward: RewardFunction = ({ completion, answer }) => {
  const distance = Math.abs(Number(completion) - Number(answer));
  return { reward: 1 / (1 + distance), parts: { accuracy: distance === 0 ? 1 : 0, format: 1 } };
};

const settings: TrainingSettings = {
  seed: 1,
  steps: 3,
  rollout: { prompts: 4, completions: 8, maxTokens: 1, temperature: 1 },
  objective: { type: 'grpo' },
  optimizer: { learningRate: 0.1 },
  microBatch: 4,
  data: { template: 'question', background: 'drop' },
  evaluation: { questions: 4, samples: 1, temperature: 1 },
  checkpoint: { every: 1, keep: 2 },
  stopAfterBroken: 3,
};

/** All that the run holds open. */
export async function sessionOf(policy: GuessPolicy): Promise<Session<Encoded>> {
  return {
    config: settings,
    policy,
    reference: undefined,
    optimizer: new AdamW(policy.variables),
    reward,
    source: await openTrainingSource(samples, settings.seed),
    openHeldOut: undefined,
    shown: { template: { name: 'question', text: '{question}' } },
    components: {
      views: cppoVerl,
      detector: 'entropy',
      distance: 'k3',
      terms: [],
      sampler: { sample: rollout },
    },
    loggers: [],
    baseModel: 'guess',
  };
}

/** Three steps that make sums likelier answers; `path` gets their metrics, rollouts and checkpoints. */
export async function trainToGuess(path: string): Promise<GuessPolicy> {
  const policy = new GuessPolicy();
  const directory = RunDirectory.create(path, { exact: true });
  try {
    await runTraining(await sessionOf(policy), directory, 0);
    return policy;
  } finally {
    directory.unlock();
  }
}
