import '@tensorflow/tfjs';
import type { Head, Policy, RewardedGroup, ScoreRequest, TokenScores } from '@cppo/grpo';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CppoOptions, cppoTerm, gateGroups, type PerceivedTokens } from './index.js';

const size = 4;
const vocabulary = 7;

/** A language model small enough to check by hand: hidden = tanh(picture + embedding of the token before). */
class ToyPolicy implements Policy<number[]> {
  readonly embedding: tf.Variable<tf.Rank.R2>;
  readonly head: tf.Variable<tf.Rank.R2>;
  passes = 0;

  constructor() {
    const values = (seed: number) => (_: unknown, i: number) => Math.sin(seed + 1.7 * i) * 1.5;
    this.embedding = tf.variable(
      tf.tensor2d(Array.from({ length: vocabulary * size }, values(1)), [vocabulary, size]),
    );
    this.head = tf.variable(
      tf.tensor2d(Array.from({ length: vocabulary * size }, values(2)), [vocabulary, size]),
    );
  }

  get variables() {
    return [this.embedding, this.head];
  }

  get headWeight() {
    return this.head;
  }

  generate(): never {
    throw new Error('not needed');
  }

  score(requests: readonly ScoreRequest<number[]>[], { temperature = 1 } = {}): TokenScores {
    this.passes++;
    const rows = requests.flatMap(({ prompt, completions }) =>
      completions.map((tokens) => ({ prompt, tokens })),
    );
    const length = Math.max(...rows.map(({ tokens }) => tokens.length));
    const pad = (tokens: ArrayLike<number>) => Array.from({ length }, (_, i) => tokens[i] ?? 0);
    const tokens = tf.tensor2d(
      rows.map((row) => pad(row.tokens)),
      [rows.length, length],
      'int32',
    );
    const before = tf.tensor2d(
      rows.map((row) => pad([0, ...row.tokens])),
      [rows.length, length],
      'int32',
    );
    const pictures = tf.expandDims(tf.tensor2d(rows.map((row) => row.prompt)), 1);
    const mask = tf.tensor2d(
      rows.map((row) => Array.from({ length }, (_, i) => (i < row.tokens.length ? 1 : 0))),
    );
    const hidden = tf.tanh(tf.add(tf.gather(this.embedding, before), pictures)) as tf.Tensor3D;
    const flat = tf.reshape(hidden, [-1, size]) as tf.Tensor2D;
    const logits = tf.div(tf.matMul(flat, this.head, false, true), temperature);
    const logP = tf.reshape(tf.logSoftmax(logits as tf.Tensor2D), [rows.length, length, vocabulary]);
    const chosen = tf.sum(tf.mul(logP, tf.oneHot(tokens, vocabulary)), 2);
    return {
      logProbs: tf.mul(chosen, mask) as tf.Tensor2D,
      entropies: tf.mul(tf.neg(tf.sum(tf.mul(tf.exp(logP), logP), 2)), mask) as tf.Tensor2D,
      mask,
      hidden,
    };
  }
}

function group(id: number, advantages: number[], lengths: number[]): RewardedGroup<number[]> {
  const picture = (seed: number) => Array.from({ length: size }, (_, i) => Math.sin(10 * id + seed + i));
  return {
    id: `g${id}`,
    prompt: picture(0),
    views: { preserving: picture(0.1), removing: picture(2) },
    completions: lengths.map((length, i) => ({
      tokens: Int32Array.from({ length }, (_, t) => (3 * t + i + id) % vocabulary),
      logProbs: new Float32Array(length),
      text: '',
      truncated: false,
    })),
    rewards: Float32Array.from(advantages, (a) => (a > 0 ? 1 : 0)),
    accuracies: Float32Array.from(advantages, (a) => (a > 0 ? 1 : 0)),
    advantages: Float32Array.from(advantages),
  };
}

const batch = [
  group(1, [1, -1, 0.5], [4, 3, 6]),
  group(2, [0, 0], [5, 5]),
  group(3, [-0.5, 2], [2, 5]),
  group(4, [1], [1]),
];

const defaults: CppoOptions = {
  coefficient: 0.5,
  tau: 0.1,
  distance: 'k3',
  detection: {},
  choice: 'detected',
  seed: (id) => id.length,
  gate: 'advantage',
  removing: ['removing'],
};

let policy: ToyPolicy;
beforeAll(async () => {
  await tf.setBackend('cpu');
  // The processor under the name of an engine that cannot read at once: the term asks for the name.
  tf.registerBackend('webgpu', tf.findBackendFactory('cpu'));
  tf.copyRegisteredKernels('cpu', 'webgpu');
});
beforeEach(() => {
  tf.engine().startScope();
  policy = new ToyPolicy();
});
afterEach(() => tf.engine().endScope());

/** Loss and gradients of the term over a batch, a micro-batch at a time. */
async function gradients(options: Partial<CppoOptions>, microBatch: number, groups = batch) {
  const prepared = await cppoTerm<number[]>({ ...defaults, ...options }).prepare(groups, policy, {
    temperature: 1,
    microBatch,
  });
  let loss = 0;
  const sums = policy.variables.map(() => new Float32Array(vocabulary * size));
  for (let start = 0; start < groups.length; start += microBatch) {
    const part = groups.slice(start, start + microBatch);
    const { value, grads } = tf.variableGrads(
      // The zero hangs on both variables, so that a term without gradient still has one to show.
      () => {
        const zero = tf.mul(tf.add(tf.sum(policy.embedding), tf.sum(policy.head)), 0);
        const original = policy.score(
          part.map(({ prompt, completions }) => ({ prompt, completions: completions.map((c) => c.tokens) })),
        );
        return tf.add(prepared.loss(part, original), zero) as tf.Scalar;
      },
      [...policy.variables],
    );
    loss += value.dataSync()[0]!;
    policy.variables.forEach((variable, i) => {
      grads[variable.name]!.dataSync().forEach((g, j) => {
        sums[i]![j]! += g;
      });
    });
  }
  const metrics = await prepared.metrics!();
  prepared.dispose!();
  return { loss, sums, metrics };
}

const norm = (rows: readonly Float32Array[]) => Math.hypot(...rows.flatMap((row) => [...row]));

describe('cppoTerm', () => {
  it.each(['k3', 'k1', 'kl', 'js'] as const)(
    '%s: loss and gradient do not depend on the micro-batch',
    async (distance) => {
      const whole = await gradients({ distance }, batch.length);
      expect(whole.loss).toBeGreaterThan(0);
      expect(norm(whole.sums)).toBeGreaterThan(1e-3);
      for (const microBatch of [1, 2, 3]) {
        const parts = await gradients({ distance }, microBatch);
        expect(parts.loss).toBeCloseTo(whole.loss, 5);
        parts.sums.forEach((row, i) => {
          row.forEach((g, j) => {
            expect(g).toBeCloseTo(whole.sums[i]![j]!, 5);
          });
        });
        expect(parts.metrics).toMatchObject({
          'cppo/tokens': whole.metrics['cppo/tokens'],
          'cppo/gated': whole.metrics['cppo/gated'],
        });
      }
    },
  );

  it.each(['k3', 'kl'] as const)(
    '%s: tokens detected first, as on an engine that cannot read at once, give the same loss and gradient',
    async (distance) => {
      const seen = new Map<string, PerceivedTokens>();
      const onTokens: CppoOptions['onTokens'] = (id, completion, tokens) =>
        seen.set(`${id}/${completion}`, tokens);
      policy.passes = 0;
      const within = await gradients({ distance, onTokens }, batch.length);
      expect(policy.passes).toBe(2); // the original picture, and the two views together
      const seenWithin = new Map(seen);
      await tf.setBackend('webgpu');
      policy = new ToyPolicy();
      // Of what the term makes, only the mask is read at once, which nobody has computed.
      const read = vi.spyOn(tf.Tensor.prototype, 'dataSync');
      const during: number[] = [];
      const detectedFirst = await gradients({ distance, onTokens }, batch.length).finally(async () => {
        during.push(...read.mock.contexts.map((tensor) => (tensor as tf.Tensor).rank));
        read.mockRestore();
        await tf.setBackend('cpu');
      });
      expect(policy.passes).toBe(3);
      // The test itself reads the loss, a scalar, and the two gradients.
      expect(during).toEqual([2, 0, 2, 2]);
      expect(detectedFirst).toEqual(within);
      expect(seen).toEqual(seenWithin);
    },
  );

  it('keeps no tensor when it is done', async () => {
    const run = () => gradients({ onTokens: () => {} }, 2);
    await run();
    const before = tf.memory().numTensors;
    tf.engine().startScope();
    await run();
    tf.engine().endScope();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is what the formula says, worked out from the scores', async () => {
    const { loss, metrics } = await gradients({}, batch.length);
    let sum = 0;
    let count = 0;
    for (const { prompt, views, completions, advantages } of batch) {
      for (const [i, { tokens }] of completions.entries()) {
        if (!(advantages[i]! > 0)) continue;
        const [h, plus, minus] = [prompt, views!.preserving!, views!.removing!].map((view) => {
          const { logProbs, entropies } = policy.score([{ prompt: view, completions: [tokens] }]);
          return { l: logProbs.dataSync(), h: entropies.dataSync() };
        });
        const rise = Array.from(tokens, (_, t) => minus!.h[t]! - h!.h[t]!);
        const score = rise.map((r, t) => Math.max(0, r) / (minus!.h[t]! + 1e-6));
        const positive = rise.filter((r) => r > 0).length;
        if (positive === 0) continue;
        const threshold = [...score].sort((a, b) => b - a)[Math.max(1, Math.floor(positive / 2)) - 1]!;
        const k3 = (d: number) => Math.min(10, Math.exp(d) - d - 1);
        tokens.forEach((_, t) => {
          if (!(score[t]! >= threshold && rise[t]! > 0)) return;
          const near = k3(plus!.l[t]! - h!.l[t]!);
          const far = k3(minus!.l[t]! - h!.l[t]!);
          sum += Math.log1p(Math.exp((near - far) / 0.1));
          count++;
        });
      }
    }
    expect(count).toBeGreaterThan(2);
    expect(metrics['cppo/tokens']).toBe(count);
    expect(loss).toBeCloseTo((0.5 * sum) / count, 4);
  });

  // A mask that does not move with the variables: every other token.
  const alternating: CppoOptions['detector'] = ({ tokens }) =>
    tokens.map((row) => Uint8Array.from(row, (_, t) => (t + 1) % 2));

  it.each(['k3', 'k1', 'kl', 'js'] as const)(
    '%s: the gradient by each variable is the slope of the loss',
    async (distance) => {
      const options = { distance, detector: alternating, coefficient: 10 };
      const { sums } = await gradients(options, 2);
      for (const [i, variable] of policy.variables.entries()) {
        const values = variable.dataSync().slice();
        const length = norm([sums[i]!]);
        expect(length).toBeGreaterThan(1e-2);
        const away = Float32Array.from(values, (_, j) => Math.sin(3 * j + i));
        for (const direction of [sums[i]!.map((g) => g / length), away.map((x) => x / norm([away]))]) {
          const lossAt = async (step: number) => {
            const moved = values.map((value, j) => value + step * direction[j]!);
            variable.assign(tf.tensor2d(moved, [vocabulary, size]));
            return (await gradients(options, 2)).loss;
          };
          const slope = ((await lossAt(5e-3)) - (await lossAt(-5e-3))) / 1e-2;
          variable.assign(tf.tensor2d(values, [vocabulary, size]));
          const expected = sums[i]!.reduce((sum, g, j) => sum + g * direction[j]!, 0);
          expect(Math.abs(slope - expected)).toBeLessThan(1e-2 * length);
        }
      }
    },
  );

  it.each(['k3', 'kl'] as const)(
    '%s: what the gate or the mask leaves out might as well be deleted',
    async (distance) => {
      const detector: CppoOptions['detector'] = ({ tokens }) =>
        tokens.map((row) => Uint8Array.from(row, (_, t) => (t < 2 ? 1 : 0)));
      const masked = await gradients({ distance, detector }, 2);
      const deleted = await gradients(
        { distance, choice: 'all' },
        2,
        gateGroups(batch, 'advantage').map(({ group: whole, indices }) => ({
          ...whole,
          completions: indices.map((index) => {
            const completion = whole.completions[index]!;
            return { ...completion, tokens: completion.tokens.slice(0, 2) };
          }),
          advantages: whole.advantages.filter((_, index) => indices.includes(index)),
        })),
      );
      expect(masked.metrics['cppo/tokens']).toBe(7);
      expect(deleted.metrics['cppo/tokens']).toBe(7);
      expect(deleted.loss).toBeCloseTo(masked.loss, 6);
      expect(norm(masked.sums)).toBeGreaterThan(1e-3);
      masked.sums.forEach((row, i) => {
        row.forEach((g, j) => {
          expect(deleted.sums[i]![j]!).toBeCloseTo(g, 5);
        });
      });
    },
  );

  const only = (pass: 'anchor' | 'positive' | 'negative') => ({
    ...{ anchor: false, positive: false, negative: false },
    [pass]: true,
  });

  it.each(['k3', 'kl'] as const)('%s: the gradients of the passes add up to the whole', async (distance) => {
    const whole = await gradients({ distance }, 2);
    const parts: Awaited<ReturnType<typeof gradients>>[] = [];
    for (const pass of ['anchor', 'positive', 'negative'] as const) {
      const part = await gradients({ distance, gradients: only(pass) }, 2);
      expect(part.loss).toBeCloseTo(whole.loss, 5);
      expect(norm(part.sums)).toBeGreaterThan(1e-3);
      parts.push(part);
    }
    whole.sums.forEach((row, i) => {
      row.forEach((g, j) => {
        expect(parts.reduce((sum, { sums }) => sum + sums[i]![j]!, 0)).toBeCloseTo(g, 4);
      });
    });
  });

  it('stops the gradient before a distance of the user too', async () => {
    const distance: CppoOptions['distance'] = ({ logProbs }, view) => {
      const delta = tf.sub(view.logProbs, logProbs);
      return tf.sub(tf.sub(tf.exp(delta), delta), 1);
    };
    for (const pass of ['anchor', 'negative'] as const) {
      const own = await gradients({ distance, gradients: only(pass) }, 2);
      const k3 = await gradients({ gradients: only(pass) }, 2);
      expect(norm(own.sums)).toBeCloseTo(norm(k3.sums), 3);
    }
  });

  it('scores no view when no completion passes the gate, and gives exactly 0', async () => {
    const groups = [group(5, [0, 0], [3, 4]), group(6, [-1, -2], [2, 2])];
    policy.passes = 0;
    const { loss, sums, metrics } = await gradients({}, 1, groups);
    expect(policy.passes).toBe(2); // the two micro-batches under the original picture
    expect(loss).toBe(0);
    expect(norm(sums)).toBe(0);
    expect(metrics['cppo/gated']).toBe(0);
  });

  it('draws as many random tokens as it would detect, the same for the same seed', async () => {
    const detected = await gradients({}, 2);
    const random = await gradients({ choice: 'random' }, 2);
    const again = await gradients({ choice: 'random' }, 1);
    const other = await gradients({ choice: 'random', seed: () => 99 }, 2);
    expect(random.metrics['cppo/tokens']).toBe(detected.metrics['cppo/tokens']);
    expect(again.loss).toBeCloseTo(random.loss, 5);
    expect(other.loss).not.toBeCloseTo(random.loss, 3);
  });

  it('takes a distance of the user: k3 written anew has the loss and gradient of k3', async () => {
    const k3 = await gradients({}, 2);
    const own = await gradients(
      {
        distance: ({ logProbs }, view) => {
          const delta = tf.sub(view.logProbs, logProbs);
          return tf.sub(tf.sub(tf.exp(delta), delta), 1);
        },
      },
      2,
    );
    expect(own.loss).toBeCloseTo(k3.loss, 5);
    own.sums.forEach((row, i) => {
      row.forEach((g, j) => {
        expect(g).toBeCloseTo(k3.sums[i]![j]!, 4);
      });
    });
    await expect(gradients({ distance: () => tf.zeros([1, 1]) }, 2)).rejects.toThrow(
      /^cppoTerm: the distance gave \[1,1\]; expected \[B, T\], here \[\d+,\d+\]\.$/,
    );
  });

  it('gives a distance that asks for them the hidden states, and the head', async () => {
    const kl = await gradients({ distance: 'kl' }, 4);
    const logits = (hidden: tf.Tensor3D, head: Head) =>
      tf.logSoftmax(
        tf.reshape(head.product(tf.reshape(hidden, [-1, size])), [...hidden.shape.slice(0, 2), vocabulary]),
      );
    const distance: CppoOptions['distance'] = Object.assign(
      (anchor: TokenScores, view: TokenScores, { headWeight }: { headWeight: Head }) => {
        const [a, b] = [logits(anchor.hidden!, headWeight), logits(view.hidden!, headWeight)];
        return tf.sum(tf.mul(tf.exp(a), tf.sub(a, b)), 2) as tf.Tensor2D;
      },
      { hidden: true },
    );
    expect(cppoTerm({ ...defaults, distance }).hidden).toBe(true);
    const own = await gradients({ distance }, 4);
    expect(own.loss).toBeCloseTo(kl.loss, 4);
    expect(norm(own.sums)).toBeCloseTo(norm(kl.sums), 3);
  });

  it('takes the masks of a detector of the user', async () => {
    const all = await gradients({ choice: 'all' }, 2);
    const seen: number[][] = [];
    const own = await gradients(
      {
        detector: ({ entropy, removedEntropy, tokens }) => {
          seen.push(
            tokens.map((row, i) => row.length - entropy[i]!.length + row.length - removedEntropy[i]!.length),
          );
          return tokens.map((row) => new Uint8Array(row.length).fill(1));
        },
      },
      2,
    );
    expect(own.loss).toBeCloseTo(all.loss, 6);
    expect(own.metrics['cppo/tokens']).toBe(all.metrics['cppo/tokens']);
    expect(seen.flat().every((difference) => difference === 0)).toBe(true);
    await expect(gradients({ detector: () => [new Uint8Array(1)] }, 4)).rejects.toThrow(
      'cppoTerm: the detector gave masks of lengths [1]; expected a mask for each completion, here [4, 6].',
    );
  });

  it('ranks by how far the log-probability moves with the detector shift', async () => {
    const k3 = (delta: number) => Math.min(10, Math.exp(delta) - delta - 1);
    const own = await gradients(
      {
        detector: ({ logProbs, removedLogProbs }) =>
          logProbs.map((row, i) => {
            const moves = Array.from(row, (l, t) => k3(removedLogProbs[i]![t]! - l));
            const ranked = [...moves].sort((one, other) => other - one);
            const smallest = ranked[Math.max(1, Math.floor(0.25 * ranked.length)) - 1]!;
            return moves.map((move) => (move >= smallest ? 1 : 0));
          }),
      },
      2,
    );
    const seen: PerceivedTokens[] = [];
    const onTokens: CppoOptions['onTokens'] = (_, __, tokens) => seen.push(tokens);
    const shift = await gradients({ detector: 'shift', detection: { ratio: 0.25 }, onTokens }, 2);
    const entropy = await gradients({ detection: { ratio: 0.25 } }, 2);
    expect(shift.metrics['cppo/tokens']).toBeGreaterThan(2);
    expect(shift.loss).toBe(own.loss);
    expect(shift.loss).not.toBeCloseTo(entropy.loss, 3);
    // What is reported is what was ranked by.
    const [{ prompt, views, completions }] = batch as [RewardedGroup<number[]>];
    const [l, removed] = [prompt, views!.removing!].map((view) =>
      policy.score([{ prompt: view, completions: [completions[0]!.tokens] }]).logProbs.dataSync(),
    );
    expect(seen[0]!.shift[1]).toBeCloseTo(k3(removed![1]! - l![1]!), 5);
  });

  it('takes the tokens that a group knows, and says which group knows none', async () => {
    const known = batch.map((one) => ({
      ...one,
      knownTokens: one.completions.map(({ tokens }) => Array.from(tokens, (_, t) => (t + 1) % 2)),
    }));
    const asDetected = await gradients({ detector: alternating }, 2);
    const asKnown = await gradients({ choice: 'known' }, 2, known);
    expect(asKnown.metrics['cppo/tokens']).toBe(asDetected.metrics['cppo/tokens']);
    expect(asKnown.loss).toBe(asDetected.loss);
    await expect(gradients({ choice: 'known' }, 2)).rejects.toThrow(
      'cppoTerm: group "g1" has no knownTokens; expected a mask for each completion, here [4, 6], or another',
    );
  });

  it('leaves groups out by their seeds, and their views unseen; the mean over draws is the whole', async () => {
    const groups = Array.from({ length: 24 }, (_, i) => group(i, [1, -1, 0.5], [4, 3, 6]));
    const whole = await gradients({ choice: 'all' }, 24, groups);
    const awayFrom = (rows: readonly Float32Array[]) =>
      rows.map((row, i) => row.map((value, j) => value - whole.sums[i]![j]!));
    const mean = whole.sums.map((row) => new Float32Array(row.length));
    const runs = 16;
    let completions = 0;
    let squares = 0;
    for (let run = 0; run < runs; run++) {
      const drawn = { share: 0.5, seed: (id: string) => 1000 * run + Number(id.slice(1)) };
      const some = gateGroups(groups, 'advantage', drawn).map((gated) => gated.group);
      const unseen = groups.map((one) => (some.includes(one) ? one : { ...one, views: {} }));
      const { sums, metrics } = await gradients({ choice: 'all', ...drawn }, 24, unseen);
      expect(metrics['cppo/gated']).toBe(2 * some.length);
      completions += 2 * some.length;
      squares += norm(awayFrom(sums)) ** 2;
      sums.forEach((row, i) => {
        for (const [j, value] of row.entries()) mean[i]![j]! += value / runs;
      });
    }
    expect(completions / (runs * 48)).toBeCloseTo(0.5, 1);
    // As far from the whole as the mean of so many independent draws around it is.
    expect(squares).toBeGreaterThan(0);
    expect(norm(awayFrom(mean))).toBeLessThan((2 * Math.sqrt(squares / runs)) / Math.sqrt(runs));
  });

  it('asks the step for a share of the norm, and is added without a coefficient then', async () => {
    const term = cppoTerm({ ...defaults, coefficient: { share: 0.1 } });
    expect(term.normShare).toBe(0.1);
    expect(cppoTerm(defaults).normShare).toBeUndefined();
    const plain = await gradients({ coefficient: 1 }, 2);
    const shared = await gradients({ coefficient: { share: 0.1 } }, 2);
    expect(shared.loss).toBe(plain.loss);
  });

  it('tells of each gated completion what was found', async () => {
    const seen = new Map<string, PerceivedTokens>();
    await gradients({ onTokens: (id, completion, tokens) => seen.set(`${id}/${completion}`, tokens) }, 2);
    expect([...seen.keys()]).toEqual(['g1/0', 'g1/2', 'g3/1', 'g4/0']);
    const { shift, mask, loss } = seen.get('g1/2')!;
    expect([shift.length, mask.length, loss.length]).toEqual([6, 6, 6]);
    // Far from a removing view the loss of a perception token may round to 0; elsewhere it is 0.
    expect(loss.some((value) => value > 0)).toBe(true);
    loss.forEach((value, t) => {
      if (mask[t] === 0) expect(value).toBe(0);
    });
  });

  it.each([
    [{ coeficient: 1 }, 'cppoTerm: unknown option "coeficient", did you mean "coefficient"?'],
    [{ gradients: { anchors: false } }, 'cppoTerm: unknown option "gradients.anchors", did you mean'],
    [{ detection: { rato: 0.5 } }, 'unknown option "rato", did you mean "ratio"?'],
    [{ distance: 'k2' }, 'cppoTerm: distance is "k2": expected kl, k3, k1, js or a function.'],
    [{ tau: 0 }, 'cppoTerm: tau is 0: '],
    [{ removing: [] }, 'cppoTerm: removing is []: '],
    [{ seed: 3 }, 'cppoTerm: seed is 3: expected a function.'],
    [{ detector: 'entropies' }, 'cppoTerm: detector is "entropies": expected entropy, shift or a function.'],
    [{ coefficient: { share: 0 } }, 'cppoTerm: coefficient'],
    [
      { detector: 'shift', detection: { score: 'relative' } },
      'cppoTerm: detection.score is relative and detector is shift, which has one score; expected none.',
    ],
    [{ share: 0.3 }, 'cppoTerm: share is 0.3 and seed is left out; expected a seed for each group'],
    [{ share: 0, seed: () => 1 }, 'cppoTerm: share is 0'],
  ])('refuses %j when it is made', (options, message) => {
    expect(() => cppoTerm(options as CppoOptions)).toThrow(message);
    expect(() => cppoTerm(options as CppoOptions)).toThrow(RangeError);
  });

  it('has the defaults of the authors', async () => {
    const plain = await gradients({ ...defaults, coefficient: 0.002 }, batch.length);
    const prepared = await cppoTerm<number[]>().prepare(batch, policy);
    const original = policy.score(
      batch.map(({ prompt, completions }) => ({ prompt, completions: completions.map((c) => c.tokens) })),
    );
    expect(prepared.loss(batch, original).dataSync()[0]).toBeCloseTo(plain.loss, 7);
    prepared.dispose!();
  });

  it('says which view a group lacks', async () => {
    await expect(gradients({ removing: ['blurred'] }, batch.length)).rejects.toThrow(
      'group "g1" has the views preserving, removing; expected one named "blurred".',
    );
  });
});
