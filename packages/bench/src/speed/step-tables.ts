import type { KernelTime } from './kernel-profile.js';
import type { MeasuredStep, StepTurn } from './step.js';
import type { Growth } from './step-scaling.js';
import type { SpeedTable } from './table.js';

/** A step with what every kernel took of it. */
export interface Profile extends StepTurn {
  readonly configuration: string;
  readonly objective: 'grpo' | 'cppo';
  readonly kernels: readonly KernelTime[];
}

const KERNELS_SHOWN = 16;

const seconds = (value: number) => value.toFixed(value < 0.1 ? 4 : 3);
const ratio = (value: number) => `${value.toFixed(2)} ×`;
const gigabytes = (bytes: number | undefined) =>
  bytes === undefined ? undefined : `${(bytes / 1e9).toFixed(2)} GB`;

/** What the suite found, for people. */
export function stepTables(
  results: readonly MeasuredStep[],
  versions: Readonly<Record<string, string>> | undefined,
  missing: string | undefined,
  growth: Growth | undefined,
): SpeedTable[] {
  const tables: SpeedTable[] = [
    {
      title: 'A GRPO step, seconds',
      columns: [
        'configuration',
        'engine',
        'side',
        'sampling',
        'scoring',
        'update',
        'step',
        'tokens/s',
        'memory',
      ],
      rows: results.flatMap((result) => {
        const { name, engine, seconds: own, peer, peerSeconds } = result;
        const row = (of: MeasuredStep['seconds']) =>
          [of.sampling, of.scoring, of.update, of.step].map(seconds);
        const rate = result.tokensPerSecond.sampling;
        const held = result.memory;
        const theirs = peer &&
          peerSeconds && [
            [
              name,
              'torch',
              'TRL',
              ...row(peerSeconds),
              (rate * peer.sampling).toFixed(0),
              gigabytes((held ?? Number.NaN) / peer.memory),
            ],
            [
              '',
              '',
              'ours / TRL',
              ratio(peer.sampling),
              undefined,
              undefined,
              ratio(peer.step),
              ratio(1 / peer.sampling),
              ratio(peer.memory),
            ],
          ];
        return [[name, engine, 'ours', ...row(own), rate.toFixed(0), gigabytes(held)], ...(theirs ?? [])];
      }),
      notes: [
        'Completions have the full length on both sides; medians of turns taken one after the other. Scoring is the forward pass, update the rest.',
        versions === undefined
          ? `TRL was not measured: ${missing}.`
          : `TRL on torch, float32: ${Object.entries(versions)
              .map(([name, version]) => `${name} ${version}`)
              .join(', ')}.`,
      ],
    },
    {
      title: 'What the method costs',
      columns: ['configuration', 'CPPO / GRPO', 'plain CPPO / GRPO', 'shared / unshared prompts'],
      rows: results.map(({ name, overhead, prefix }) => [
        name,
        ratio(overhead.cppo),
        ratio(overhead.plain),
        ratio(prefix),
      ]),
      notes: [
        'Whole steps on the same batch; plain is three passes over all completions, each with a prompt and pictures of its own.',
        'Shared / unshared prompts: scoring and update of a GRPO step.',
      ],
    },
  ];
  if (growth === undefined) return tables;
  const { steps, first, last, memory } = growth.steady;
  tables.push({
    title: `Seconds of a GRPO step against work, ${growth.configuration}`,
    columns: ['along', 'amount: seconds', 'R²'],
    rows: growth.lines.map(({ along, points, rSquared }) => [
      along,
      points.map(([amount, value]) => `${amount}: ${seconds(value)}`).join('  '),
      rSquared.toFixed(4),
    ]),
    notes: [
      `${steps} CPPO steps: median of the first 30 ${seconds(first)} s, of the last 30 ${seconds(last)} s; memory ${gigabytes(memory[0])} and ${gigabytes(memory[1])}.`,
    ],
  });
  return tables;
}

/** The kernels that take most of a step. */
export function profileTable({ configuration, objective, kernels, ...turn }: Profile): SpeedTable {
  const share = (part: number) => `${((100 * part) / turn.step).toFixed(1)} %`;
  const inside = kernels.reduce((sum, kernel) => sum + kernel.seconds, 0);
  const rate = ({ operations, seconds: took }: KernelTime) =>
    operations === 0 ? undefined : (operations / took / 1e9).toFixed(1);
  const calls = kernels.reduce((sum, kernel) => sum + kernel.calls, 0);
  return {
    title: `Kernels of one ${objective} step, ${configuration}`,
    columns: ['kernel', 'calls', 'seconds', 'share', 'GFLOP/s'],
    rows: [
      ...kernels
        .slice(0, KERNELS_SHOWN)
        .map((kernel) => [
          kernel.kernel,
          `${kernel.calls}`,
          seconds(kernel.seconds),
          share(kernel.seconds),
          rate(kernel),
        ]),
      ['all kernels', `${calls}`, seconds(inside), share(inside), undefined],
      ['outside', undefined, seconds(turn.step - inside), share(turn.step - inside), undefined],
    ],
    notes: [
      `Sampling ${seconds(turn.sampling)} s, scoring ${seconds(turn.scoring)} s, update ${seconds(turn.update)} s, step ${seconds(turn.step)} s.`,
    ],
  };
}
