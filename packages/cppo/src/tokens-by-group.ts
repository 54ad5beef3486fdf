import type { RewardedGroup, Scorer, TokenScores } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import type { ResolvedCppoOptions } from './cppo-options.js';
import { type FoundTokens, findTokens } from './find-tokens.js';
import type { GatedGroup } from './gate-groups.js';
import { scoreTogether, type ViewScores } from './score-views.js';

/** Figures of some completions under the original picture and the removing view, [B, T] one row after another, nats. */
interface TokenRows {
  readonly entropy: Float32Array;
  readonly removedEntropy: Float32Array;
  readonly logProbs: Float32Array;
  readonly removedLogProbs: Float32Array;
  /** T. */
  readonly width: number;
}

/** The perception tokens of a batch: for each group those of its gated completions, in the order of its `indices`. */
export class TokensByGroup<P> {
  private readonly found = new Map<RewardedGroup<P>, readonly FoundTokens[]>();

  constructor(private readonly options: ResolvedCppoOptions) {}

  /** Detects the tokens of completions that have been scored under the original picture and the views. */
  detect(
    gatedGroups: readonly GatedGroup<P>[],
    anchor: TokenScores,
    { negatives: [removed] }: ViewScores,
  ): void {
    this.add(gatedGroups, {
      entropy: anchor.entropies.dataSync<'float32'>(),
      removedEntropy: removed!.entropies.dataSync<'float32'>(),
      logProbs: anchor.logProbs.dataSync<'float32'>(),
      removedLogProbs: removed!.logProbs.dataSync<'float32'>(),
      width: anchor.entropies.shape[1],
    });
  }

  /** Scores the completions without gradient, a micro-batch at a time, and detects their tokens. */
  async scoreAndDetect(
    scorer: Scorer<P>,
    gatedGroups: readonly GatedGroup<P>[],
    microBatch: number,
  ): Promise<void> {
    for (let start = 0; start < gatedGroups.length; start += microBatch) {
      const part = gatedGroups.slice(start, start + microBatch);
      const scores = tf.tidy(() =>
        scoreTogether(scorer, part, [undefined, this.options.removing[0]], {}).map(
          ({ entropies, logProbs }) => ({ entropies, logProbs }),
        ),
      );
      const [original, removed] = scores;
      this.add(part, {
        entropy: await original!.entropies.data<'float32'>(),
        removedEntropy: await removed!.entropies.data<'float32'>(),
        logProbs: await original!.logProbs.data<'float32'>(),
        removedLogProbs: await removed!.logProbs.data<'float32'>(),
        width: original!.entropies.shape[1],
      });
      tf.dispose(scores);
    }
  }

  private add(gatedGroups: readonly GatedGroup<P>[], { width, ...figures }: TokenRows): void {
    let row = 0;
    for (const { group, indices } of gatedGroups) {
      const tokens = indices.map((index) => group.completions[index]!.tokens);
      const first = row;
      row += tokens.length;
      const rowsOf = (values: Float32Array) =>
        tokens.map(({ length }, i) => values.subarray((first + i) * width, (first + i) * width + length));
      const gated = {
        entropy: rowsOf(figures.entropy),
        removedEntropy: rowsOf(figures.removedEntropy),
        logProbs: rowsOf(figures.logProbs),
        removedLogProbs: rowsOf(figures.removedLogProbs),
        tokens,
        seed: this.options.seed(group.id),
        known: group.knownTokens && indices.map((index) => group.knownTokens![index]!),
      };
      this.found.set(group, findTokens(group.id, gated, this.options));
    }
  }

  /** What was ranked by and M of each gated completion of some groups. */
  of(gatedGroups: readonly GatedGroup<P>[]): FoundTokens[] {
    return gatedGroups.flatMap(({ group }) => this.found.get(group) ?? []);
  }

  /** M of some groups as a tensor of a shape [B, T]. */
  mask(gatedGroups: readonly GatedGroup<P>[], [rows, width]: readonly [number, number]): tf.Tensor2D {
    const flat = new Float32Array(rows * width);
    for (const [row, { mask }] of this.of(gatedGroups).entries()) flat.set(mask, row * width);
    return tf.tensor2d(flat, [rows, width]);
  }

  /** ΣM. */
  count(): number {
    return this.sum(() => 1);
  }

  /** What the perception tokens were ranked by, added up, nats. */
  sumShift(): number {
    return this.sum((shift) => shift);
  }

  private sum(figure: (shift: number) => number): number {
    let sum = 0;
    for (const { mask, shift } of [...this.found.values()].flat()) {
      for (const [i, bit] of mask.entries()) if (bit === 1) sum += figure(shift[i]!);
    }
    return sum;
  }
}
