// Everything of the tiny model but its weights; made from the corpus alone, so it is the same every time.
import { trainBpe } from './bpe.mjs';
import { corpus } from './corpus.mjs';
import {
  chatTemplate,
  generationConfig,
  modelConfig,
  preprocessorConfig,
  tokenizerConfig,
  tokenizerJson,
} from './model-files.mjs';

/** The parsed files of the model directory, under the names that `@cppo/policy-qwen` gives them. */
export function tinyFiles() {
  // As many merges as there are: every word of the tasks becomes one token.
  const bpe = trainBpe(corpus(), Number.POSITIVE_INFINITY);
  const size = bpe.vocabulary.length;
  return {
    config: modelConfig(size),
    tokenizerJson: tokenizerJson(bpe),
    tokenizerConfig: tokenizerConfig(size),
    preprocessorConfig,
    generationConfig: generationConfig(size),
    chatTemplate,
  };
}
