import type { CppoOptions, DetectionInput } from '@cppo/cppo';

/** One form of the perception loss. */
export interface PerceptionRow {
  /** What is varied. */
  readonly family: string;
  readonly name: string;
  readonly options: CppoOptions;
}

export interface PerceptionRowsOptions {
  /** The loss as it is trained; every row changes one thing of it. */
  readonly base: CppoOptions;
  /** Whether groups know which tokens come from the picture. */
  readonly known: boolean;
  /** Names of further views that groups can be seen under, of each kind. */
  readonly preserving: readonly string[];
  readonly removing: readonly string[];
}

/** What can be varied. */
export const families = [
  ...(['loss', 'pass', 'detector', 'token', 'distance', 'τ', 'ρ', 'gate', 'share'] as const),
  ...(['preserving view', 'removing view'] as const),
] as const;
export type Family = (typeof families)[number];

/** The forms of the perception loss that are looked at: as it is trained, then one thing varied at a time. */
export function perceptionRows({
  base,
  known,
  preserving,
  removing,
}: PerceptionRowsOptions): PerceptionRow[] {
  const row =
    (family: Family) =>
    (name: string, changes: CppoOptions): PerceptionRow => ({
      family,
      name,
      options: { ...base, coefficient: 1, share: 1, ...changes },
    });
  const only = (pass: 'anchor' | 'positive' | 'negative') =>
    row('pass')(`gradient through ${pass} only`, {
      gradients: { anchor: false, positive: false, negative: false, [pass]: true },
    });
  const detected = (changes: CppoOptions): CppoOptions => ({ choice: 'detected', ...changes });
  const [detector, token] = [row('detector'), row('token')];
  const detection = base.detection ?? {};
  const { score: _, ...scoreless } = detection;
  return [
    row('loss')('as it is trained', {}),
    ...(['anchor', 'positive', 'negative'] as const).map(only),
    row('pass')('anchor detached', { gradients: { anchor: false } }),
    detector(
      'entropy rise, relative',
      detected({ detector: 'entropy', detection: { ...detection, score: 'relative' } }),
    ),
    detector(
      'entropy rise, absolute',
      detected({ detector: 'entropy', detection: { ...detection, score: 'absolute' } }),
    ),
    detector('log-probability shift', detected({ detector: 'shift', detection: scoreless })),
    ...(known ? [detector('known tokens', { choice: 'known' })] : []),
    detector('random tokens', { choice: 'random' }),
    detector('all tokens', { choice: 'all' }),
    ...(known
      ? [
          token(
            'from the picture, hidden by the view',
            detected({ detector: masks((come, l) => come && l <= half) }),
          ),
          token(
            'from the picture, read all the same',
            detected({ detector: masks((come, l) => come && l > half) }),
          ),
          token('all others', detected({ detector: masks((come) => !come) })),
        ]
      : []),
    ...(['k3', 'k1', 'kl', 'js'] as const).map((distance) => row('distance')(distance, { distance })),
    ...[0.05, 0.1, 0.3, 1, 3].map((tau) => row('τ')(String(tau), { tau })),
    ...[0.05, 0.1, 0.25, 0.5, 1].map((ratio) =>
      row('ρ')(String(ratio), detected({ detection: { ...detection, ratio } })),
    ),
    ...(['advantage', 'accuracy', 'none'] as const).map((gate) => row('gate')(gate, { gate })),
    ...(base.seed ? [row('share')('0.3 of the groups', { share: 0.3 })] : []),
    ...preserving.map((view) => row('preserving view')(view, { preserving: view })),
    ...removing.map((view) => row('removing view')(view, { removing: [view] })),
  ];
}

/** Log-probability above which a token can still be read: it is likelier than all others together. */
const half = Math.log(0.5);

/** Takes tokens by whether they come from the picture, and their log-probability under the removing view. */
function masks(takes: (comes: boolean, removedLogProb: number) => boolean) {
  return ({ known, removedLogProbs, tokens }: DetectionInput): readonly Uint8Array[] =>
    tokens.map((row, i) =>
      Uint8Array.from(row, (_, t) => (takes(known?.[i]?.[t] === 1, removedLogProbs[i]![t]!) ? 1 : 0)),
    );
}
