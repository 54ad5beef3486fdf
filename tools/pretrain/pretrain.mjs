// Makes apps/trainer/models/tiny: a Qwen2.5-VL of 1.6 million parameters that can read digits on coloured squares, half-way.
//
//   npm run make:tiny                      start, or go on where it stopped
//   npm run make:tiny -- --help            options
//
// It stops in the middle of learning: the format of the reply is known, a part of the perception is not yet.
// That leaves something to learn for reinforcement, which is what the model is shipped for.
import { appendFile, mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startEngine } from '@cppo/engine';
import { AdamW, clipByGlobalNorm } from '@cppo/grpo';
import { QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs-core';
import { asRequests, lessons, seeds } from './lessons.mjs';
import { restoreState, saveState } from './state.mjs';
import { tinyFiles } from './tiny-files.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'apps/trainer/models/tiny' },
    work: { type: 'string', default: 'runs/pretrain' },
    steps: { type: 'string', default: '1600' },
    target: { type: 'string', default: '0.37' },
    batch: { type: 'string', default: '32' },
    rate: { type: 'string', default: '5e-4' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`Options (defaults in brackets)
  --out DIR       the model directory to write [apps/trainer/models/tiny]
  --work DIR      state and checkpoints; pre-training goes on from there [runs/pretrain]
  --target SHARE  stop when so many held-out questions are answered right [0.37]
  --steps N       stop after so many steps at the latest [1600]
  --batch N       pictures in a step [32]
  --rate R        peak learning rate [5e-4]
  --seed N        of the first weights [1]`);
  process.exit(0);
}
const [steps, target, batch, rate, seed] = ['steps', 'target', 'batch', 'rate', 'seed'].map((key) => {
  const number = Number(values[key]);
  if (!Number.isFinite(number)) {
    console.error(`pretrain: --${key} is ${JSON.stringify(values[key])}, expected a number.`);
    process.exit(2);
  }
  return number;
});

// Descriptions teach to read the digits; questions, which digit belongs to which colour. The first comes first.
const descriptionShare = (step) => (step <= 450 ? 0.7 : 0.3);
const warmUp = 50;
const horizon = 2000;
const learningRate = (step) =>
  rate * Math.min(1, step / warmUp) * 0.5 * (1 + Math.cos((Math.PI * Math.min(step, horizon)) / horizon));
// Towards the end the share grows by ten points in 50 steps.
const evaluateEvery = (share) => (share > target / 3 ? 10 : 50);

const engine = await startEngine();
console.log(engine.description);
const { config, ...files } = tinyFiles();
const policy = QwenPolicy.fromConfig(config, seed, 'fan-in', { files });
const optimizer = new AdamW(policy.variables, { beta1: 0.9, beta2: 0.95, weightDecay: 0.01 });
const statePath = `${values.work}/state.bin`;
await mkdir(values.work, { recursive: true });
const first = (await restoreState(statePath, policy, optimizer)) + 1;
if (first > 1) console.log(`Going on after step ${first - 1}.`);

const questions = await lessons(policy, { seed: seeds.heldOut, start: 0, count: 96, descriptions: 0 });
const descriptions = await lessons(policy, { seed: seeds.heldOut, start: 96, count: 48, descriptions: 48 });

const drawn = (step) =>
  lessons(policy, {
    seed: seeds.training,
    start: (step - 1) * batch,
    count: batch,
    descriptions: Math.round(batch * descriptionShare(step)),
  });

let stopped = false;
process.once('SIGINT', () => {
  stopped = true;
});

const began = performance.now();
let step = first;
let share = 0;
for (; step <= steps && !stopped; step++) {
  const loss = await train(await drawn(step), learningRate(step));
  const seconds = (performance.now() - began) / 1000 / (step - first + 1);
  if (step % 10 === 0) {
    console.log(
      `step ${step} of at most ${steps}  loss ${loss.toFixed(3)}  ${seconds.toFixed(2)} s a step  at most ${Math.ceil(((steps - step) * seconds) / 60)} min left`,
    );
  }
  if (step % evaluateEvery(share) === 0) {
    const [asked, described] = [await likelihood(questions), await likelihood(descriptions)];
    share = asked.whole;
    console.log(
      `  held out: digits seen ${percent(described.seen)} in descriptions, ${percent(asked.seen)} in questions; whole replies ${percent(described.whole)} and ${percent(asked.whole)}`,
    );
    await appendFile(
      `${values.work}/log.jsonl`,
      `${JSON.stringify({ step, loss, seconds, questions: asked, descriptions: described })}\n`,
    );
    await saveState(statePath, step, policy, optimizer);
    if (share >= target - 0.2) await policy.save(`${values.work}/step-${step}`, { overwrite: true });
    if (share >= target) break;
  }
}
if (stopped) {
  await saveState(statePath, step - 1, policy, optimizer);
  console.log(`Stopped after step ${step - 1}; the same command goes on from there.`);
  process.exit(130);
}
await policy.save(values.out, { overwrite: true });
console.log(`${values.out}: ${percent(share)} of held-out questions answered right.`);
process.exit(0);

/** One step of next-token prediction; mean loss in nats a token. */
async function train(taught, rateNow) {
  const requests = asRequests(taught);
  const { value, grads } = tf.variableGrads(() => {
    const { logProbs, mask } = policy.score(requests);
    return tf.neg(tf.div(tf.sum(logProbs), tf.sum(mask)));
  }, policy.variables);
  const { gradients } = await clipByGlobalNorm(grads, 1);
  optimizer.apply(gradients, rateNow);
  const [loss] = await value.data();
  tf.dispose([value, grads, gradients]);
  return loss;
}

/**
 * Chance that the model, sampled at temperature 1, gives the reference reply to the letter (a little less than the
 * chance of a right answer), and mean chance of the digits in it that come from the picture.
 */
async function likelihood(asked) {
  let whole = 0;
  let seen = 0;
  let digits = 0;
  for (let start = 0; start < asked.length; start += 48) {
    const part = asked.slice(start, start + 48);
    const logProbs = tf.tidy(() => policy.score(asRequests(part)).logProbs);
    const rows = await logProbs.array();
    logProbs.dispose();
    part.forEach((lesson, i) => {
      whole += Math.exp(rows[i].reduce((sum, value) => sum + value, 0));
      lesson.seen.forEach((comesFromPicture, t) => {
        if (!comesFromPicture) return;
        seen += Math.exp(rows[i][t]);
        digits++;
      });
    });
  }
  return { whole: whole / asked.length, seen: seen / digits };
}

function percent(value) {
  return `${(100 * value).toFixed(0)} %`;
}
