import { requireNames } from '@cppo/checked-options';
/** Seconds of one training step. */
export interface StepTurn {
  readonly sampling: number;
  /** Forward passes that carry the gradient. */
  readonly scoring: number;
  /** Backward passes, clipping and the optimiser. */
  readonly update: number;
  readonly step: number;
  /** Bytes that the process held at most, until now. */
  readonly memory?: number;
}

export type Side = () => Promise<StepTurn>;

/** What takes turns. */
export interface StepSides {
  /** GRPO on completions of full length, in a process of its own: what is compared with the peer. */
  readonly ours: Side;
  readonly peer?: Side;
  /** The same objective on one batch: with prompts shared, and with every completion run with a prompt of its own. */
  readonly grpo: Side;
  readonly unshared: Side;
  /** CPPO as it is, and as three passes over all completions, each with a prompt of its own. */
  readonly cppo: Side;
  readonly plain: Side;
}

export interface MeasureStepOptions {
  readonly name: string;
  readonly engine: string;
  /** Tokens sampled in a step of `ours`. */
  readonly tokens: number;
  readonly sides: StepSides;
  /** Timed turns of every side, after one to warm up. Default 5. */
  readonly rounds?: number;
  /** The plain passes take many times as long and are timed in the first so many rounds. Default 2. */
  readonly plainRounds?: number;
}

/** Figures of one configuration; `overhead`, `prefix` and `peer` are ratios of medians, below 1 where we are better. */
export interface MeasuredStep {
  readonly name: string;
  readonly engine: string;
  /** Of `ours`. */
  readonly seconds: Omit<StepTurn, 'memory'>;
  /** Sampled tokens by the seconds of sampling, and by those of the whole step. */
  readonly tokensPerSecond: { readonly sampling: number; readonly step: number };
  readonly memory: number | undefined;
  /** Step with CPPO by step with GRPO on the same batch. */
  readonly overhead: { readonly cppo: number; readonly plain: number };
  /** Scoring and update with shared prompts by the same without. */
  readonly prefix: number;
  /** Seconds of the whole step, seconds of sampling, and peak memory, by the peer's. */
  readonly peer?: { readonly step: number; readonly sampling: number; readonly memory: number };
  /** The peer's own seconds. */
  readonly peerSeconds?: Omit<StepTurn, 'memory'>;
}

/**
 * Measures training steps of all sides in turns, so that other load on the machine affects all of them, and
 * compares medians.
 *
 * @param options sides and repetitions.
 * @returns the seconds of each side.
 */
export async function measureStep(options: MeasureStepOptions): Promise<MeasuredStep> {
  requireNames('measureStep', options, {
    name: true,
    engine: true,
    tokens: true,
    sides: true,
    rounds: true,
    plainRounds: true,
  });
  const { name, engine, tokens, sides, rounds = 5, plainRounds = 2 } = options;
  const turns = new Map<string, StepTurn[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [side, take] of Object.entries(sides) as [keyof StepSides, Side | undefined][]) {
      const slow = side === 'plain' || side === 'unshared';
      if (!take || (slow && round > plainRounds)) continue;
      const turn = await take();
      // The first round loads, allocates and compiles.
      if (round > 0) turns.set(side, [...(turns.get(side) ?? []), turn]);
    }
  }
  const seconds = (side: keyof StepSides) => {
    const of = (phase: keyof StepTurn) => median((turns.get(side) ?? []).map((turn) => turn[phase] ?? 0));
    return { sampling: of('sampling'), scoring: of('scoring'), update: of('update'), step: of('step') };
  };
  const memory = (side: keyof StepSides) => turns.get(side)?.at(-1)?.memory;
  const ours = seconds('ours');
  const grpo = seconds('grpo');
  const unshared = seconds('unshared');
  const peer = sides.peer && seconds('peer');
  return {
    name,
    engine,
    seconds: ours,
    tokensPerSecond: { sampling: tokens / ours.sampling, step: tokens / ours.step },
    memory: memory('ours'),
    overhead: { cppo: seconds('cppo').step / grpo.step, plain: seconds('plain').step / grpo.step },
    prefix: (grpo.scoring + grpo.update) / (unshared.scoring + unshared.update),
    ...(peer && {
      peer: {
        step: ours.step / peer.step,
        sampling: ours.sampling / peer.sampling,
        memory: (memory('ours') ?? Number.NaN) / (memory('peer') ?? Number.NaN),
      },
      peerSeconds: peer,
    }),
  };
}

/**
 * Computes the median.
 *
 * @param values at least one.
 * @returns the middle value, or the mean of the middle two.
 * @example
 * median([5, 1, 2]); // 2
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Measures how well a straight line describes y: R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)².
 *
 * @param points [x, y] pairs, at least three of different x.
 * @returns slope, intercept and R² of the least-squares line.
 * @example
 * linearFit([[0, 1], [1, 3], [2, 5]]); // { slope: 2, intercept: 1, rSquared: 1 }
 */
export function linearFit(points: readonly (readonly [number, number])[]): {
  readonly slope: number;
  readonly intercept: number;
  readonly rSquared: number;
} {
  const mean = (pick: 0 | 1) => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const squares = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  const slope = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) / squares;
  const intercept = y - slope * x;
  const left = points.reduce((sum, [px, py]) => sum + (py - intercept - slope * px) ** 2, 0);
  const total = points.reduce((sum, [, py]) => sum + (py - y) ** 2, 0);
  return { slope, intercept, rSquared: 1 - left / total };
}
