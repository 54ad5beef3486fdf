import type { Capacity, PromptSize, WeightFormat } from '@cppo/policy-qwen';
import type { RunChoice } from './train-messages.js';

/** Bytes of tensors that a tab has: a WebAssembly memory ends here. */
export const room = 4 * 2 ** 30;

/** Rank of the adapters that a run trains, as `cppo train` has it when nothing else is set. */
export const rank = 16;

/** Prompts that go through the model at once, the most first; how many changes nothing but the memory. */
const atOnce = [24, 12, 6, 3, 1];

/** What a model is used for. */
export interface Use {
  readonly trained: 'nothing' | 'all' | { readonly rank: number };
  readonly weights: WeightFormat | undefined;
  readonly prompt: PromptSize;
  readonly prompts: number;
  readonly completions: number;
  readonly tokens: number;
  /** Views that are scored with a gradient beside the picture. */
  readonly views: number;
}

/**
 * Bytes of tensors at the widest: weights, gradients and moments, and the greater of sampling and scoring.
 *
 * @param packed whether the engine multiplies weights other than float32.
 */
export function bytesOf(capacity: Capacity, use: Use, packed = true): number {
  const { trained, weights, prompt, prompts, completions, tokens, views } = use;
  const { held, training, sampling, scoring } = capacity.footprint({
    ...{ packed, trained, reference: false, prompt },
    arithmetic: { cache: 'float32', ...(weights !== undefined && { weights }) },
    sampling: { prompts, completions, tokens },
    scoring: { prompts, completions, tokens, views },
  });
  return held + training + Math.max(sampling, scoring);
}

/** The part of a run's settings that its memory depends on. */
export type SizedRun = Pick<RunChoice, 'prompts' | 'completions' | 'objective' | 'trained'>;

/** A run's use of the model with so many prompts at once. */
export function useOf(
  run: SizedRun,
  of: Pick<Use, 'weights' | 'prompt' | 'tokens'> & { readonly rank: number },
  prompts: number,
): Use {
  const { completions, objective, trained } = run;
  const { weights, prompt, tokens, rank } = of;
  return {
    ...{ weights, prompt, tokens, completions },
    prompts: Math.min(prompts, run.prompts),
    trained: trained === 'all' ? 'all' : { rank },
    views: objective === 'cppo' ? 2 : 0,
  };
}

/**
 * How many prompts go through the model at once in a run.
 *
 * @throws RangeError when not even one fits, with what would.
 */
export function fitRun(
  capacity: Capacity,
  run: SizedRun,
  of: Parameters<typeof useOf>[1],
  packed: boolean,
): number {
  const bytes = (sized: SizedRun, weights: WeightFormat | undefined, prompts: number) =>
    bytesOf(capacity, useOf(sized, { ...of, weights }, prompts), packed);
  const found = atOnce.find((prompts) => bytes(run, of.weights, prompts) <= room);
  if (found !== undefined) return found;
  const adapting: SizedRun = { ...run, trained: 'adapters' };
  const remedies: readonly [string, number][] = [
    ['adapters instead of all weights', bytes(adapting, of.weights, 1)],
    ['2 answers each', bytes({ ...run, completions: 2 }, of.weights, 1)],
    ...(packed
      ? [
          ['adapters with int8 weights', bytes(adapting, 'int8', 1)] as const,
          ['adapters with nf4 weights', bytes(adapting, 'nf4', 1)] as const,
        ].map(([name, size]): [string, number] => [name, size])
      : []),
  ];
  const fitting = remedies.filter(([, size]) => size <= room).map(([name]) => name);
  const needed = inGigabytes(bytes(run, of.weights, 1));
  throw new RangeError(
    `This run takes ${needed} of memory, and a tab has ${inGigabytes(room)}; ${
      fitting.length > 0
        ? `what would fit: ${fitting.slice(0, 2).join(', or ')}`
        : 'nothing that can be set here makes it fit: expected a smaller model'
    }.`,
  );
}

/** 7.5 GB or 800 MB: powers of ten. */
export function inGigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
