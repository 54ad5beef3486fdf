import type { Measured, StepFigures } from './size-job.js';
import type { OwnStepFigures, SizeFigures, SizeResult } from './size-result.js';
import type { SpeedTable } from './table.js';

type Cell = string | undefined;

const seconds = (value: number) => value.toFixed(value < 10 ? 2 : 0);
const rate = (value: number) => value.toFixed(value < 10 ? 2 : 0);
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
const ratio = (value: number) => `${value.toFixed(2)} ×`;

/** Figures of a measurement that was made and did not fail. */
function figures<T>(measured: Measured<T> | undefined): T | undefined {
  return measured === undefined || 'error' in (measured as object) ? undefined : (measured as T);
}

/** What the suite found, for people. */
export function sizeTables(result: SizeResult): SpeedTable[] {
  const { model, threads, arithmetic, ours, peer } = result;
  const sides = Object.entries(ours);
  const notes = failures(result);
  const versions = Object.entries(peer?.versions ?? {}).map(([name, version]) => `${name} ${version}`);
  return [
    {
      title: `${model}, ${threads} threads: scoring and sampling`,
      columns: [
        ...['weights', 'memory', 'first token', 'prefill, tokens/s', 'scoring, tokens/s'],
        ...['group scored, tokens/s', 'group sampled, tokens/s'],
      ],
      rows: [
        ...(peer === undefined ? [] : [['torch bfloat16', ...useCells(peer)]]),
        ...sides.flatMap(([format, own]) => [
          [format, ...useCells(own)],
          ...(peer === undefined ? [] : [['  ours / torch', ...useRatios(own, peer)]]),
        ]),
      ],
      notes: [
        `Ours: activations ${arithmetic.activations}, cache ${arithmetic.cache}. A picture of 256 image tokens; groups of 8 completions of 64 tokens.`,
        'Memory: the most that a process held which scores 8 tokens. First token: seconds from the start of the process, files in the page cache.',
        peer === undefined
          ? 'torch was not measured: no --python was given.'
          : `Peer: ${versions.join(', ')}; weights and activations bfloat16.`,
      ],
    },
    {
      title: `${model}, ${threads} threads: a step with LoRA of rank 16, 8 completions of 64 tokens, seconds`,
      columns: [
        ...['weights', 'sampling', 'scoring', 'update', 'GRPO step', 'memory'],
        ...['CPPO step', 'memory with CPPO', 'CPPO / GRPO', 'by products', 'quotient'],
      ],
      rows: [
        ...(peer === undefined
          ? []
          : [['torch bfloat16, TRL', ...stepCells(figures(peer.step)), ...Array(5)]]),
        ...sides.flatMap(([format, own]) => [
          [format, ...stepCells(figures(own.step)), ...cppoCells(figures(own.step))],
          ...(peer === undefined
            ? []
            : [['  ours / torch', ...stepRatios(figures(own.step), figures(peer.step)), ...Array(5)]]),
        ]),
      ],
      notes: [
        'CPPO / GRPO: scoring and update on the same completions; by products: what the operations in products with weights alone would make of it.',
        ...notes,
      ],
    },
  ];
}

function useCells({ score, first, speed }: SizeFigures): Cell[] {
  const rates = figures(speed);
  return [
    map(figures(score)?.memory, gigabytes),
    map(figures(first)?.sinceStart, seconds),
    ...[rates?.prefill, rates?.scoring, rates?.groupScoring, rates?.sampling].map((value) =>
      map(value, rate),
    ),
  ];
}

function useRatios(own: SizeFigures, peer: SizeFigures): Cell[] {
  const [a, b] = [figures(own.speed), figures(peer.speed)];
  return [
    divided(figures(own.score)?.memory, figures(peer.score)?.memory),
    divided(figures(own.first)?.sinceStart, figures(peer.first)?.sinceStart),
    divided(a?.prefill, b?.prefill),
    divided(a?.scoring, b?.scoring),
    divided(a?.groupScoring, b?.groupScoring),
    divided(a?.sampling, b?.sampling),
  ];
}

function stepCells(step: StepFigures | undefined): Cell[] {
  const times = [step?.sampling, step?.scoring, step?.update, step?.step].map((value) => map(value, seconds));
  return [...times, map(step?.memory, gigabytes)];
}

function stepRatios(own: StepFigures | undefined, peer: StepFigures | undefined): Cell[] {
  return (['sampling', 'scoring', 'update', 'step', 'memory'] as const).map((part) =>
    divided(own?.[part], peer?.[part]),
  );
}

function cppoCells(step: OwnStepFigures | undefined): Cell[] {
  const cppo = step?.cppo;
  return [
    map(cppo?.step, seconds),
    map(cppo?.memory, gigabytes),
    ...[cppo?.measuredRatio, cppo?.countedRatio, cppo?.quotient].map((value) => map(value, ratio)),
  ];
}

function failures({ ours, peer }: SizeResult): string[] {
  const sides: [string, SizeFigures][] = [
    ...Object.entries(ours),
    ...(peer ? [['torch', peer] as [string, SizeFigures]] : []),
  ];
  return sides.flatMap(([side, { score, first, speed, step }]) =>
    Object.entries({ score, first, speed, step }).flatMap(([name, measured]) =>
      measured !== undefined && 'error' in measured ? [`${side}, ${name}: ${measured.error}.`] : [],
    ),
  );
}

function map(value: number | undefined, shown: (value: number) => string): Cell {
  return value === undefined ? undefined : shown(value);
}

function divided(own: number | undefined, peer: number | undefined): Cell {
  return own === undefined || peer === undefined ? undefined : ratio(own / peer);
}
