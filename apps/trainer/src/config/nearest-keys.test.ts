import { expect, it } from 'vitest';
import { loadConfig } from './load.js';

it.each([
  ['learning_rate=1', 'Did you mean optimizer.learningRate?'],
  ['lr=1', 'Did you mean optimizer.learningRate?'],
  ['learningrate=1', 'Did you mean optimizer.learningRate?'],
  ['rollout.learning_rate=1', 'Did you mean optimizer.learningRate?'],
  ['optimizer.learningRat=1', 'Did you mean optimizer.learningRate?'],
  ['max_tokens=1', 'Did you mean rollout.maxTokens?'],
  ['max_new_tokens=1', 'Did you mean rollout.maxTokens?'],
  ['temperature=1', 'Did you mean rollout.temperature or evaluation.temperature?'],
  ['rollout.temprature=1', 'Did you mean rollout.temperature?'],
  ['tau=1', 'Did you mean objective.cppo.tau?'],
  ['cppo.tau=1', 'Did you mean objective.cppo?'],
  ['weight_decay=1', 'Did you mean optimizer.weightDecay?'],
  ['num_epochs=1', 'Did you mean optimizer.epochs?'],
  ['step=1', 'Did you mean steps?'],
  ['optimizer.nonsense=1', 'optimizer.nonsense: unknown key. There are learningRate, beta1'],
])('%s', async (assignment, hint) => {
  await expect(loadConfig({ set: [assignment] })).rejects.toThrow(hint);
});
