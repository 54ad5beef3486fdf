import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { cppoTerm } from '@cppo/cppo';
import { type EngineName, startEngine } from '@cppo/engine';
import {
  AdamW,
  type Completion,
  groupAdvantages,
  type LossTerm,
  type Policy,
  policyTerm,
  type RewardedGroup,
  trainingStep,
} from '@cppo/grpo';
import { cppoVerl, decodeImage, makeViews, type RgbImage, seededRandom } from '@cppo/perturb';
import { type EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { lastBoxed } from '@cppo/reward';
import * as tf from '@tensorflow/tfjs-core';
import { profileKernels } from './kernel-profile.js';
import { peakMemory } from './peak-memory.js';
import { ProductCount } from './product-count.js';
import type { StepTurn } from './step.js';
import type { StepJob, StepRequest } from './step-job.js';

// A process that runs training steps on one batch on request: a line in per request, a line of seconds out.

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as StepJob;
const engine = await startEngine({
  threads: job.threads,
  ...(job.engine === undefined ? {} : { prefer: job.engine as EngineName }),
  softwareAdapter: job.softwareAdapter ?? false,
});
const policy = await QwenPolicy.load(job.model, {
  ...job.arithmetic,
  ...(job.lora === undefined ? {} : { lora: job.lora }),
});
const optimizer = new AdamW(policy.variables);
const pictures = await Promise.all(job.pictures.map(async (file) => decodeImage(readFileSync(file))));
const prompts = pictures.map((picture, i) => encode(i, picture));

console.log(
  JSON.stringify({
    engine: engine.name,
    threads: engine.threads,
    promptTokens: prompts[0]!.ids.length,
    parameters: [...policy.parameters.values()].reduce((sum, { size }) => sum + size, 0),
  }),
);

let sampled: { readonly seconds: number; readonly completions: Completion[][] } | undefined;
let turns = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as StepRequest;
  let turn: (StepTurn & { products: number }) | undefined;
  const run = async () => {
    turn = await takeTurn(request);
  };
  const kernels = request.profile ? await profileKernels(run) : await run();
  console.log(JSON.stringify({ ...turn, memory: peakMemory(), kernels }));
}
process.exit(0);

async function takeTurn(request: StepRequest): Promise<StepTurn & { products: number }> {
  const { objective, plain = false, again = false } = request;
  if (!again || !sampled) sampled = await sample(request);
  const start = performance.now();
  const groups = sampled.completions.map((completions, i) =>
    graded(i, completions, objective === 'cppo', plain),
  );
  const clocked = clockedPolicy(plain);
  const update = (groups: readonly RewardedGroup<EncodedPrompt>[], terms: LossTerm<EncodedPrompt>[]) =>
    trainingStep({ policy: clocked.policy, groups, terms, optimizer, learningRate: 1e-6 });
  const policyLoss = policyTerm<EncodedPrompt>({ loss: 'dapo' });
  if (objective === 'cppo' && plain) {
    // One pass after the other: together they would not fit into the memory of wasm.
    for (const view of [undefined, 'preserving', 'removing']) {
      const seen = groups.map((group) => ({ ...group, prompt: view ? group.views![view]! : group.prompt }));
      await update(seen, [onAllGroups(policyLoss)]);
    }
  } else {
    await update(groups, objective === 'cppo' ? [policyLoss, perception()] : [policyLoss]);
  }
  const rest = (performance.now() - start) / 1000;
  const scoring = clocked.seconds();
  return {
    ...{ sampling: sampled.seconds, scoring, update: rest - scoring, step: sampled.seconds + rest },
    products: clocked.products.operations,
  };
}

async function sample(request: StepRequest) {
  const start = performance.now();
  const completions = await policy.generate(prompts.slice(0, request.prompts ?? prompts.length), {
    completions: request.completions ?? job.completions,
    maxTokens: request.tokens ?? job.tokens,
    seed: turns++,
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(job.answers === undefined ? { stopIds: [] } : {}),
  });
  return { seconds: (performance.now() - start) / 1000, completions };
}

function graded(
  index: number,
  completions: readonly Completion[],
  withViews: boolean,
  always: boolean,
): RewardedGroup<EncodedPrompt> {
  const answer = job.answers?.[index];
  const right = completions.map(({ text }, i) =>
    answer === undefined ? i % 2 : Number(lastBoxed(text)?.trim() === answer),
  );
  const rewards = Float32Array.from(right);
  const [advantages] = groupAdvantages([right], { scale: 'group' });
  const gated = always || advantages!.some((advantage) => advantage > 0);
  return {
    id: `prompt ${index}`,
    prompt: prompts[index]!,
    completions,
    rewards,
    accuracies: rewards,
    advantages: advantages!,
    ...(withViews && gated ? { views: views(index) } : {}),
  };
}

function encode(index: number, picture: RgbImage): EncodedPrompt {
  return policy.encode({ prompt: job.questions[index]!, images: [picture] });
}

function views(index: number): Record<string, EncodedPrompt> {
  const drawn = makeViews(pictures[index]!, cppoVerl, seededRandom('speed', index));
  return { preserving: encode(index, drawn.preserving), removing: encode(index, drawn.removing[0]!) };
}

/** A term that needs groups without advantage too. */
function onAllGroups(term: LossTerm<EncodedPrompt>): LossTerm<EncodedPrompt> {
  return {
    ...term,
    prepare: async (...batch) => ({ ...(await term.prepare(...batch)), needs: () => true }),
  };
}

function perception(): LossTerm<EncodedPrompt> {
  return cppoTerm({
    coefficient: 0.002,
    tau: 0.1,
    distance: 'k3',
    detection: { score: 'relative', base: 'positive', ratio: 0.5 },
    choice: 'detected',
    seed: () => 1,
    gate: 'advantage',
    removing: ['removing'],
  });
}

/** The policy with a clock on its forward passes, and a count of the products that they and their gradients take. */
function clockedPolicy(plain: boolean) {
  let milliseconds = 0;
  const products = new ProductCount(policy.config, job.lora !== undefined);
  const clocked: Policy<EncodedPrompt> = {
    variables: policy.variables,
    headWeight: policy.headWeight,
    generate: (prompts, options) => policy.generate(prompts, options),
    score(requests, options) {
      const start = performance.now();
      const asked = plain ? requests.flatMap(oneByOne) : requests;
      products.add(asked, tf.engine().isTapeOn());
      const scores = policy.score(asked, options);
      milliseconds += performance.now() - start;
      return scores;
    },
  };
  return { policy: clocked, products, seconds: () => milliseconds / 1000 };
}

/** Pictures are known by identity: copies are seen each for itself. */
function oneByOne({ prompt, completions }: { prompt: EncodedPrompt; completions: readonly Int32Array[] }) {
  return completions.map((completion) => ({
    prompt: { ...prompt, images: prompt.images.map((image) => ({ ...image })) },
    completions: [completion],
  }));
}
