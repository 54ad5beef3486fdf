// The texts from which the vocabulary is learned.
import { drawSamples, taskNames } from '@cppo/bench';

/**
 * Everything that is asked and answered in the tasks and what the chat template puts around it, each text
 * with its weight. The task of the shipped model weighs more, so that its words are learned first.
 *
 * @returns {Map<string, number>}
 */
export function corpus() {
  const texts = new Map();
  const add = (text, weight) => texts.set(text, (texts.get(text) ?? 0) + weight);
  for (const task of taskNames) {
    const weight = task === 'digits' ? 10 : 1;
    for (const { question, reference, description } of drawSamples({
      tasks: [task],
      seed: 0,
      count: 600,
      difficulty: [1, 2, 3],
    })) {
      for (const text of [question, reference, description.question, description.reply.text])
        add(text, weight);
    }
  }
  for (const text of ['system\nYou are a helpful assistant.', 'user\n', 'assistant\n']) add(text, 3000);
  return texts;
}
