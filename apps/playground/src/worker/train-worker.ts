import { asPromptSample, drawSamples, evaluate, type Report } from '@cppo/bench/tasks';
import { cppoDefaults } from '@cppo/cppo';
import { AdamW, rollout } from '@cppo/grpo';
import { cppoVerl } from '@cppo/perturb';
import { type EncodedPrompt, type QwenPolicy, qwenCapacity } from '@cppo/policy-qwen';
import { createReward } from '@cppo/reward';
import type { EvaluationRow } from '@cppo/run/page';
import {
  heldOutSeed,
  preparePrompt,
  runStep,
  type Settled,
  type StepParts,
  settle,
} from '@cppo/training/step';
import { canvasCodec } from './canvas-codec.js';
import { keepModel } from './keep-model.js';
import { type Opened, openModel } from './load.js';
import type { ModelChoice } from './model-choice.js';
import { fitRun, rank } from './model-size.js';
import { Pausing } from './pausing.js';
import type { RunChoice, TrainAnswer, TrainRequest } from './train-messages.js';

const maxTokens = 32;
/** k of avg@k. */
const samplesPerQuestion = 4;

const reward = createReward();
const pausing = new Pausing();
const say = (answer: TrainAnswer) => postMessage(answer);
let trained: Trained | undefined;

/** A model in training and how it is asked. */
interface Trained {
  readonly policy: QwenPolicy;
  readonly shown: Settled;
  /** Prompts that go through it at once. */
  readonly atOnce: number;
  readonly engine: string;
}

/** Carries a run out, and answers whoever asks for its model between steps. */
export function serveTraining(): void {
  addEventListener('message', ({ data }: MessageEvent<TrainRequest>) => {
    switch (data.kind) {
      case 'start':
        train(data).catch(fail);
        break;
      case 'pause':
        pausing.pause();
        break;
      case 'go on':
        pausing.goOn();
        break;
      case 'keep':
        keep().catch(fail);
        break;
    }
  });
}

function fail(error: unknown): void {
  say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
}

/** A whole run: held-out questions, steps, held-out questions again. */
async function train({ choice, model, threads }: TrainRequest & { kind: 'start' }): Promise<void> {
  say({ kind: 'doing', what: 'Loading the model' });
  const opened = await openModel(model, choice.engine, threads);
  trained = await load(opened, choice, model);
  const { engine } = trained;
  say({ kind: 'engine', engine });
  const before = await heldOut(trained, choice, 'before training');
  if (before !== undefined) say({ kind: 'evaluated', rows: rowsOf(before) });
  const parts = partsOf(trained, choice);
  for (let step = 1; step <= choice.steps; step++) {
    await pausing.passed(() => say({ kind: 'paused' }));
    say({ kind: 'doing', what: `Step ${step} of ${choice.steps} · ${engine}` });
    const { metrics, records, broken } = await runStep(parts, step);
    say({ kind: 'step', figures: metrics, groups: records });
    if (broken !== undefined) throw new Error(`Step ${step} made no update: ${broken}.`);
  }
  const after = await heldOut(trained, choice, 'after training');
  if (after !== undefined) say({ kind: 'evaluated', rows: rowsOf(before, after) });
  say({ kind: 'ended' });
}

/** Reads the weights, if the run fits. */
async function load(
  { encoder, engine, load }: Opened,
  choice: RunChoice,
  model: ModelChoice,
): Promise<Trained> {
  const shown = settle({ template: 'auto', data: 'builtin:' }, encoder);
  const capacity = await qwenCapacity('', encoder);
  if (capacity === undefined) throw new RangeError('The size of this model is not known.');
  const [first] = drawSamples({ tasks: [choice.task], seed: choice.seed, count: 1 });
  if (first === undefined) throw new RangeError(`The task ${choice.task} has no sample.`);
  const { encoded } = await preparePrompt(encoder, asPromptSample(first), 0, shown, canvasCodec);
  const weights = model === 'shipped' ? undefined : model.weights;
  const atOnce = fitRun(
    capacity,
    choice,
    { weights, prompt: capacity.sizeOf(encoded), tokens: maxTokens, rank: capacity.adapter?.rank ?? rank },
    choice.engine === 'wasm',
  );
  const adapting = choice.trained === 'adapters';
  const policy = await load({
    ...(adapting && capacity.adapter === undefined && { lora: { rank } }),
    ...(adapting && weights !== undefined && { weights }),
  });
  return { policy, shown, atOnce, engine };
}

async function keep(): Promise<void> {
  if (trained === undefined) throw new Error('There is no model yet to keep.');
  const { policy, shown } = trained;
  say({ kind: 'kept', archive: await keepModel(policy, { template: shown.templateName, maxTokens }) });
}

/** The parts of a step, as `cppo train` has them when nothing else is set. */
function partsOf({ policy, shown, atOnce }: Trained, choice: RunChoice): StepParts<EncodedPrompt> {
  const { objective, coefficient, ratio, task, seed, steps, prompts, completions, learningRate } = choice;
  return {
    config: {
      ...{ seed, steps, microBatch: atOnce },
      rollout: { prompts, completions, maxTokens, temperature: 1, batch: atOnce },
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
async function heldOut(
  { policy, shown }: Trained,
  choice: RunChoice,
  when: string,
): Promise<Report | undefined> {
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
