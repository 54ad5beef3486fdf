import { startEngine } from '@cppo/engine';
import { QwenPolicy } from '@cppo/policy-qwen';
import { AdamW, clipByGlobalNorm } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import { asRequests, lessons, seeds } from './lessons.mjs';
import { tinyFiles } from './tiny-files.mjs';
const e = await startEngine({prefer:'wasm', threads: Number(process.argv[3]??2)});
const B=Number(process.argv[2]??48);
const files = tinyFiles(); const {config}=files;
const policy = QwenPolicy.fromConfig(config, 1, 'fan-in', { files });
const optimizer = new AdamW(policy.variables, { beta1: 0.9, beta2: 0.95, weightDecay: 0.01 });
for (let step=1; step<=5; step++) {
  const taught = await lessons(policy, { seed: seeds.training, start: (step-1)*B, count: B, descriptions: (B*.7)|0 });
  const t0=performance.now();
  const requests = asRequests(taught);
  const { value, grads } = tf.variableGrads(() => {
    const { logProbs, mask } = policy.score(requests);
    return tf.neg(tf.div(tf.sum(logProbs), tf.sum(mask)));
  }, policy.variables);
  const { gradients, norm } = await clipByGlobalNorm(grads, 1);
  optimizer.apply(gradients, 3e-4);
  console.log(step, value.dataSync()[0], norm, ((performance.now()-t0)|0)+'ms', tf.memory().numTensors);
  tf.dispose([value, grads, gradients]);
}
process.exit(0)
