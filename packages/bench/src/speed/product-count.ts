import {
  chooseCheckpointing,
  type EncodedPrompt,
  parameterShapes,
  type QwenConfig,
  type ScoreRequest,
} from '@cppo/policy-qwen';

/**
 * Floating-point operations in products of matrices with weights, counted from what is scored: how much longer one way of
 * training takes than another if nothing but its products took time.
 *
 *   forward   2 · numbers of a matrix · rows
 *   gradient  as much for each operand that carries one, and once more for every time a layer is computed again
 *
 * Attention's products, a few per cent at this size, are left out.
 */
export class ProductCount {
  operations = 0;
  readonly #layers: number;
  readonly #head: number;
  readonly #vision: number;
  readonly #seen = new Set<EncodedPrompt['images'][number]>();
  /** Passes through all layers of a score with a gradient. */
  readonly #passes: number;

  /** @param adapted with adapters only the gradient of a layer's input is computed, and vision has none. */
  constructor(
    config: QwenConfig,
    private readonly adapted: boolean,
  ) {
    const numbers = (wanted: RegExp) =>
      [...parameterShapes(config)]
        .filter(([name, shape]) => wanted.test(name) && shape.length > 1)
        .reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0);
    this.#layers = numbers(/^model\.layers\./);
    this.#head = config.text.vocabularySize * config.text.hiddenSize;
    this.#vision = numbers(/^visual\./);
    this.#passes = 1 + recomputations(numbers(/./)) + (adapted ? 1 : 2);
  }

  /** @param withGradient whether a backward pass follows. */
  add(requests: readonly ScoreRequest[], withGradient: boolean): void {
    for (const { prompt, completions } of requests) {
      const lengths = completions.map((completion) => completion.length);
      const scored = lengths.reduce((sum, length) => sum + length, 0);
      // The last token of a completion is never an input.
      const rows = prompt.ids.length + scored - lengths.length;
      const rest = this.adapted ? 2 : 3;
      this.operations += 2 * rows * this.#layers * (withGradient ? this.#passes : 1);
      // The head is computed in chunks, again for the gradient.
      this.operations += 2 * scored * this.#head * (withGradient ? 1 + rest : 1);
      for (const image of prompt.images) {
        // A tower that is not trained sees a picture once.
        if (this.adapted && this.#seen.has(image)) continue;
        this.#seen.add(image);
        const [frames, height, width] = image.grid;
        const passes = withGradient && !this.adapted ? this.#passes : 1;
        this.operations += 2 * frames * height * width * this.#vision * passes;
      }
    }
  }
}

/** How often a layer is computed again in the backward pass, by the policy's own choice of checkpointing. */
function recomputations(parameters: number): number {
  return { none: 0, layers: 1, segments: 2 }[chooseCheckpointing(parameters)];
}
