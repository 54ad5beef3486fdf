// Runs in the browser of browser.test.ts: scores a completion and reports it to the page's server.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { QwenPolicy } from '../index.js';
import { score } from '../score/score.js';
import { encodedPrompt, fixture, formulaModel, type PromptFixture } from './models.js';

async function run(): Promise<object> {
  await tf.setBackend('cpu');
  const { config, prompts } = fixture('tied');
  const prompt = prompts[1] as PromptFixture;
  const { model } = formulaModel(config);
  const completion = Int32Array.from(prompt.ids.slice(prompt.completionStart));
  const request = { prompt: encodedPrompt(prompt, prompt.completionStart), completions: [completion] };
  const policy = QwenPolicy.fromConfig(config, 1);
  const [sampled] = await policy.generate([request.prompt], { maxTokens: 3 });
  const loaded = await QwenPolicy.load(new URL('/model/', location.href));
  return {
    loaded: loaded.tokenizer.size,
    agent: navigator.userAgent,
    logProbs: Array.from(score(model, [request]).logProbs.dataSync()),
    sampled: sampled?.[0]?.tokens.length,
  };
}

run()
  .catch((error: Error) => ({ error: `${error.stack}` }))
  .then((result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) }));
