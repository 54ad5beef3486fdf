import { encodeQuestion, finiteScores, type PictureSettings, tokensOf } from '@cppo/training';
import { type ModelChoice, openWithImages } from './open-model.js';

interface ScoreOptions extends ModelChoice, PictureSettings {
  readonly model: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly completion: string;
  readonly json?: boolean;
}

/** `cppo score`: how likely each token of a completion is. */
export async function score(options: ScoreOptions): Promise<void> {
  const { model, images, showing } = await openWithImages(options, [
    'score',
    'tokenizer.encode',
    'tokenizer.decode',
  ]);
  const tokens = tokensOf(model.encoder, options.completion);
  const prompt = encodeQuestion(model.encoder, options.prompt, images, showing);
  const scoring = { prompts: 1, completions: 1, tokens: tokens.length, views: 0 };
  const policy = await model.load({ prompt: model.sizeOf(prompt), scoring });
  const scores = policy.score([{ prompt, completions: [tokens] }]);
  const logProbs = finiteScores('log-probability', await scores.logProbs.data());
  const entropies = finiteScores('entropy', await scores.entropies.data());
  if (options.json) {
    console.log(JSON.stringify({ tokens: Array.from(tokens), logProbs, entropies }));
    return;
  }
  for (const [i, id] of tokens.entries()) {
    const text = JSON.stringify(policy.tokenizer.decode([id]));
    console.log(
      `${String(id).padStart(7)}  log p ${logProbs[i]!.toFixed(4).padStart(9)}  H ${entropies[i]!.toFixed(4)}  ${text}`,
    );
  }
  console.log(
    `sum of log p ${logProbs.reduce((sum, value) => sum + value, 0).toFixed(4)} nats over ${tokens.length} tokens`,
  );
}
