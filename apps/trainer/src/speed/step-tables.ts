import type { MeasuredStep, SpeedTable } from '@cppo/bench';
import type { Growth } from './step-scaling.js';

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
