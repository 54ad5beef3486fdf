// How far weights in narrow formats, and bfloat16 activations, take the shipped model from float32:
//
//   npx turbo run build:js && node tools/formats/distance-from-float32.mjs [--engine NAME] [--questions N] [--model DIR]
//
// On held-out pictures of digits the float32 model answers greedily. Every variant scores these answers; printed are the
// mean over their tokens of KL(float32 ‖ variant) over the whole vocabulary, the largest difference of a token's
// log-probability, and the share of tokens that the variant would have taken as well.
import { parseArgs } from 'node:util';
import { drawSamples } from '@cppo/bench';
import { startEngine } from '@cppo/engine';
import { decodeImage } from '@cppo/perturb';
import { QwenPolicy } from '@cppo/policy-qwen';
import * as tf from '@tensorflow/tfjs';

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    questions: { type: 'string', default: '64' },
    model: { type: 'string', default: new URL('../../apps/trainer/models/tiny', import.meta.url).pathname },
  },
});
const engine = await startEngine(values.engine ? { prefer: values.engine } : {});
const samples = drawSamples({ tasks: ['digits'], count: Number(values.questions), seed: 7 });
const pictures = await Promise.all(samples.map(async ({ image }) => decodeImage(await image.png())));
const load = (options) => QwenPolicy.load(values.model, { trainable: false, ...options });

const exact = await load({ weights: 'float32' });
const encoded = (policy) =>
  samples.map(({ question }, i) => policy.encode({ prompt: question, images: [pictures[i]] }));
const prompts = encoded(exact);
const answers = (await exact.generate(prompts, { temperature: 0, maxTokens: 48 })).map(
  ([answer]) => answer.tokens,
);

/** [tokens, V] log-probabilities of all answers, and [tokens] those of their own tokens. */
function distributions(policy) {
  return tf.tidy(() => {
    const requests = encoded(policy).map((prompt, i) => ({ prompt, completions: [answers[i]] }));
    const { hidden, logProbs, mask } = policy.score(requests, { hidden: true });
    const places = tf.tensor1d(
      Int32Array.from([...mask.dataSync()].flatMap((value, i) => (value ? [i] : []))),
      'int32',
    );
    const rows = tf.gather(tf.reshape(hidden, [-1, hidden.shape[2]]), places);
    return {
      all: tf.logSoftmax(policy.headWeight.product(rows)),
      own: tf.gather(tf.reshape(logProbs, [-1]), places),
    };
  });
}

const reference = distributions(exact);
console.log(`${engine.description}; ${samples.length} questions, ${reference.own.size} tokens\n`);
console.log(
  '| weights | activations | mean KL a token, nats | largest difference of a log-prob | same greedy token |',
);
console.log('|---|---|---|---|---|');
for (const weights of ['bfloat16', 'int8', 'nf4']) {
  for (const activations of ['float32', 'bfloat16']) {
    const policy = await load({ weights, activations });
    const found = distributions(policy);
    const [kl, difference, agreement] = tf.tidy(() => [
      tf.mean(tf.sum(tf.mul(tf.exp(reference.all), tf.sub(reference.all, found.all)), 1)).dataSync()[0],
      tf.max(tf.abs(tf.sub(reference.own, found.own))).dataSync()[0],
      tf
        .mean(tf.cast(tf.equal(tf.argMax(reference.all, 1), tf.argMax(found.all, 1)), 'float32'))
        .dataSync()[0],
    ]);
    console.log(
      `| ${weights} | ${activations} | ${kl.toExponential(1)} | ${difference.toPrecision(2)} | ${(100 * agreement).toFixed(1)} % |`,
    );
    policy.dispose();
  }
}
process.exit(0);
