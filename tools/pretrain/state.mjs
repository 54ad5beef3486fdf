// What pre-training needs to go on as if it had not stopped: weights, optimiser, step.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import * as tf from '@tensorflow/tfjs-core';

export async function saveState(path, step, policy, optimizer) {
  const weights = await Promise.all(
    policy.variables.map(async (variable) => Float32Array.from(await variable.data())),
  );
  const { moments, ...state } = optimizer.state();
  const all = [];
  for await (const { name, first, second } of moments) {
    all.push({ name, first: Float32Array.from(first), second: Float32Array.from(second) });
  }
  await mkdir(dirname(path), { recursive: true });
  // A kill while writing must leave the last state whole.
  await writeFile(`${path}.part`, serialize({ step, weights, optimizer: { ...state, moments: all } }));
  await rename(`${path}.part`, path);
}

/** @returns the step that was reached, 0 when there is no state. */
export async function restoreState(path, policy, optimizer) {
  let bytes;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
  const { step, weights, optimizer: moments } = deserialize(bytes);
  policy.variables.forEach((variable, i) => {
    tf.tidy(() => variable.assign(tf.tensor(weights[i], variable.shape)));
  });
  await optimizer.restore(moments);
  return step;
}
