import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Completion, ScoreRequest, TokenScores } from '@cppo/grpo';
import { seededRandom } from '@cppo/perturb';
import type { Encoded, SamplingOptions, TrainedPolicy } from '@cppo/training';
import * as tf from '@tensorflow/tfjs';

const digits = 10;

/** The smallest policy there is: it answers with one digit, and knows but one distribution, whatever it is asked. */
export class GuessPolicy implements TrainedPolicy<Encoded> {
  readonly logits = tf.variable(tf.zeros([digits]), true, 'logits');
  readonly variables = [this.logits];
  /** For distances over the whole vocabulary, which this policy gives no hidden states for. */
  readonly headWeight = tf.zeros<tf.Rank.R2>([digits, 1]);
  readonly tokenizer = { decode: (ids: number[]) => ids.join('') };

  encode(): Encoded {
    return { ids: Int32Array.of(0) };
  }

  async generate(
    prompts: readonly Encoded[],
    { completions = 1, seed = 0 }: SamplingOptions = {},
  ): Promise<Completion[][]> {
    const logProbs = await tf.tidy(() => tf.logSoftmax(this.logits)).data<'float32'>();
    const draw = (prompt: number, completion: number): Completion => {
      let left = seededRandom(seed, prompt, completion).next();
      let token = -1;
      do left -= Math.exp(logProbs[++token] ?? 0);
      while (left > 0 && token < digits - 1);
      return {
        tokens: Int32Array.of(token),
        logProbs: logProbs.slice(token, token + 1),
        text: String(token),
        truncated: false,
      };
    };
    return prompts.map((_, p) => Array.from({ length: completions }, (_, c) => draw(p, c)));
  }

  score(requests: readonly ScoreRequest<Encoded>[]): TokenScores {
    const tokens = requests.flatMap(({ completions }) => completions.map(([token = 0]) => token));
    const shape: [number, number] = [tokens.length, 1];
    const logProbs = tf.logSoftmax(this.logits);
    const entropy = tf.neg(tf.sum(tf.mul(tf.exp(logProbs), logProbs)));
    return {
      logProbs: tf.reshape(tf.gather(logProbs, tf.tensor1d(tokens, 'int32')), shape),
      entropies: tf.mul(tf.ones<tf.Rank.R2>(shape), entropy),
      mask: tf.ones(shape),
    };
  }

  async save(directory: string): Promise<void> {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'logits.json'), JSON.stringify([...(await this.logits.data())]));
  }

  async saveAdapters(): Promise<void> {
    throw new Error('saveAdapters: a GuessPolicy has no adapters; expected save to be called.');
  }

  withoutAdapters<T>(work: () => T): T {
    return work();
  }

  /** Variables of a name exist once: this one's has to go before another policy comes. */
  dispose(): void {
    this.logits.dispose();
  }
}
