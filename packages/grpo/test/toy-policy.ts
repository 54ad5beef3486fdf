import * as tf from '@tensorflow/tfjs-core';
import type {
  Completion,
  GenerateOptions,
  Policy,
  ScoreOptions,
  ScoreRequest,
  TokenScores,
} from '../src/index.js';
import { randomFrom } from './random.js';

/** A prompt is what an image would be encoded to: a few numbers. */
export type ToyPrompt = readonly number[];

/** Token 0 ends a completion. */
export const END = 0;

/**
 * A language model small enough for finite differences: the hidden state of token t is
 * tanh(prompt · projection + embedding[previous token]), its logits hidden · headᵀ.
 */
export class ToyPolicy implements Policy<ToyPrompt> {
  readonly variables: tf.Variable[];
  readonly headWeight: tf.Tensor2D;
  private readonly projection: tf.Variable<tf.Rank.R2>;
  private readonly embedding: tf.Variable<tf.Rank.R2>;

  constructor(
    readonly vocabulary: number,
    features: number,
    depth: number,
    seed: number,
  ) {
    const random = randomFrom(seed);
    const matrix = (rows: number, columns: number) =>
      tf.tensor2d(
        Array.from({ length: rows * columns }, () => 2 * random() - 1),
        [rows, columns],
      );
    const variable = (rows: number, columns: number) =>
      tf.tidy(() => tf.variable(matrix(rows, columns))) as tf.Variable<tf.Rank.R2>;
    this.projection = variable(features, depth);
    this.embedding = variable(vocabulary + 1, depth);
    this.headWeight = matrix(vocabulary, depth);
    this.variables = [this.projection, this.embedding];
  }

  score(requests: readonly ScoreRequest<ToyPrompt>[], options: ScoreOptions = {}): TokenScores {
    const rows = requests.flatMap(({ prompt, completions }) =>
      completions.map((tokens) => ({ prompt, tokens })),
    );
    const width = Math.max(...rows.map(({ tokens }) => tokens.length));
    return tf.tidy(() => {
      const previous = rows.flatMap(({ tokens }) =>
        Array.from({ length: width }, (_, t) => (t === 0 ? this.vocabulary : (tokens[t - 1] ?? END))),
      );
      const target = rows.flatMap(({ tokens }) => Array.from({ length: width }, (_, t) => tokens[t] ?? END));
      const prompts = rows.flatMap(({ prompt }) => Array.from({ length: width }, () => [...prompt]));
      const mask = tf.tensor2d(
        rows.map(({ tokens }) => Array.from({ length: width }, (_, t) => (t < tokens.length ? 1 : 0))),
      );
      const hidden = tf.tanh(
        tf.add(
          tf.matMul(tf.tensor2d(prompts), this.projection),
          tf.matMul(
            tf.oneHot(tf.tensor1d(previous, 'int32'), this.vocabulary + 1, 1, 0, 'float32') as tf.Tensor2D,
            this.embedding,
          ),
        ),
      );
      const logits = tf.div(tf.matMul(hidden, this.headWeight, false, true), options.temperature ?? 1);
      const logProbs = tf.logSoftmax(logits);
      const chosen = tf.sum(
        tf.mul(logProbs, tf.oneHot(tf.tensor1d(target, 'int32'), this.vocabulary, 1, 0, 'float32')),
        1,
      );
      const entropies = tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs), 1));
      const shape: [number, number] = [rows.length, width];
      const depth = this.headWeight.shape[1];
      return {
        logProbs: tf.mul(tf.reshape(chosen, shape), mask) as tf.Tensor2D,
        entropies: tf.mul(tf.reshape(entropies, shape), mask) as tf.Tensor2D,
        mask,
        ...(options.hidden ? { hidden: tf.reshape(hidden, [...shape, depth]) as tf.Tensor3D } : {}),
      };
    });
  }

  async generate(prompts: readonly ToyPrompt[], options: GenerateOptions): Promise<Completion[][]> {
    return prompts.map((prompt, index) => {
      const random = randomFrom(options.seed * 1000 + index);
      return Array.from({ length: options.completions }, () => this.sample(prompt, options, random));
    });
  }

  private sample(
    prompt: ToyPrompt,
    { maxTokens, temperature }: GenerateOptions,
    random: () => number,
  ): Completion {
    const tokens: number[] = [];
    const logProbs: number[] = [];
    while (tokens.length < maxTokens && tokens.at(-1) !== END) {
      const candidates = Array.from({ length: this.vocabulary }, (_, token) =>
        Int32Array.from([...tokens, token]),
      );
      const scores = tf.tidy(
        () =>
          this.score([{ prompt, completions: candidates }], {
            temperature,
          }).logProbs.arraySync() as number[][],
      );
      let left = random();
      let token = 0;
      const at = tokens.length;
      while (token < this.vocabulary - 1 && left >= Math.exp(scores[token]![at]!)) {
        left -= Math.exp(scores[token++]![at]!);
      }
      tokens.push(token);
      logProbs.push(scores[token]![at]!);
    }
    return {
      tokens: Int32Array.from(tokens),
      logProbs: Float32Array.from(logProbs),
      text: tokens.join(' '),
      truncated: tokens.at(-1) !== END,
    };
  }

  dispose(): void {
    tf.dispose([...this.variables, this.headWeight]);
  }
}
