import { asPromptSample, drawSamples, evaluate, type Report } from '@cppo/bench/tasks';
import { cppoDefaults } from '@cppo/cppo';
import { AdamW, rollout } from '@cppo/grpo';
import { cppoVerl } from '@cppo/perturb';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { createReward } from '@cppo/reward';
import type { EvaluationRow } from '@cppo/run/page';
import { preparePrompt, runStep, type Showing, type StepParts } from '@cppo/training/step';
import { canvasCodec } from './canvas-codec.js';
import { loadModel } from './load.js';
import { Pausing } from './pausing.js';
import type { RunChoice, TrainAnswer, TrainRequest } from './train-messages.js';

/** Held-out questions have the seed that `cppo train` gives them, whatever that of the run is. */
const heldOutSeed = 20260101;
const maxTokens = 32;
/** k of avg@k. */
const samplesPerQuestion = 4;

const shown: Showing = { template: { name: 'question', text: '{question}' } };
const reward = createReward();
const pausing = new Pausing();
const say = (answer: TrainAnswer) => postMessage(answer);

addEventListener('message', ({ data }: MessageEvent<TrainRequest>) => {
  switch (data.kind) {
    case 'start':
      train(data.choice).catch((error: unknown) =>
        say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) }),
      );
      break;
    case 'pause':
      pausing.pause();
      break;
    case 'go on':
      pausing.goOn();
      break;
  }
});

/** A whole run: held-out questions, steps, held-out questions again. */
async function train(choice: RunChoice): Promise<void> {
  say({ kind: 'doing', what: 'Loading the model' });
  const { policy, engine } = await loadModel(choice.engine, choice.threads);
  const before = await heldOut(policy, choice, 'before training');
  if (before !== undefined) say({ kind: 'evaluated', rows: rowsOf(before) });
  const parts = partsOf(policy, choice);
  for (let step = 1; step <= choice.steps; step++) {
    await pausing.passed(() => say({ kind: 'paused' }));
    say({ kind: 'doing', what: `Step ${step} of ${choice.steps} · ${engine}` });
    const { metrics, records, broken } = await runStep(parts, step);
    say({ kind: 'step', figures: metrics, groups: records });
    if (broken !== undefined) throw new Error(`Step ${step} made no update: ${broken}.`);
  }
  const after = await heldOut(policy, choice, 'after training');
  if (after !== undefined) say({ kind: 'evaluated', rows: rowsOf(before, after) });
  say({ kind: 'ended' });
}

/** The parts of a step, as `cppo train` has them when nothing else is set. */
function partsOf(policy: QwenPolicy, choice: RunChoice): StepParts<EncodedPrompt> {
  const { objective, coefficient, ratio, task, seed, steps, prompts, completions, learningRate } = choice;
  return {
    config: {
      ...{ seed, steps, microBatch: 24 },
      rollout: { prompts, completions, maxTokens, temperature: 1 },
      objective: { type: objective, cppo: { coefficient, ratio } },
      optimizer: { learningRate, maxGradientNorm: 1 },
    },
    policy,
    reference: undefined,
    optimizer: new AdamW(policy.variables, { beta2: 0.99 }),
    reward,
    source: {
      take: async (start, count) =>
        drawSamples({ tasks: [task], seed, start, count }).map((sample) => ({
          sample: asPromptSample(sample),
          epoch: 0,
        })),
    },
    shown,
    components: {
      views: cppoVerl,
      detector: 'entropy',
      distance: cppoDefaults.distance,
      terms: [],
      sampler: { sample: rollout },
    },
    codec: canvasCodec,
  };
}

/** avg@k on the first of the held-out questions that `cppo train` asks; nothing where none are wanted. */
async function heldOut(policy: QwenPolicy, choice: RunChoice, when: string): Promise<Report | undefined> {
  const { task, questions } = choice;
  if (questions === 0) return undefined;
  const samples = drawSamples({ tasks: [task], seed: heldOutSeed, count: questions }).map(asPromptSample);
  const { report } = await evaluate({
    ...{ policy, samples, reward, maxTokens, samplesPerQuestion, seed: 0 },
    encode: async (sample) => {
      await pausing.passed(() => say({ kind: 'paused' }));
      return (await preparePrompt(policy, sample, 0, shown, canvasCodec)).encoded;
    },
    onProgress: ({ done, total }) =>
      say({ kind: 'doing', what: `Held-out questions ${when}: ${done} of ${total}` }),
  });
  return report;
}

function rowsOf(before: Report | undefined, after?: Report): EvaluationRow[] {
  const row = (name: string, figure: (report: Report) => EvaluationRow['before']): EvaluationRow => {
    const [first, last] = [before && figure(before), after && figure(after)];
    return { name, task: false, ...(first && { before: first }), ...(last && { after: last }) };
  };
  return [
    row(`avg@${samplesPerQuestion}`, ({ avg }) => avg),
    row(`maj@${samplesPerQuestion}`, ({ maj }) => maj),
    row(`pass@${samplesPerQuestion}`, ({ pass }) => pass[samplesPerQuestion]),
  ];
}
