import { linearFit, median, type StepTurn } from './step.js';
import type { StepConfiguration } from './step-configurations.js';
import type { StepRequest } from './step-job.js';

/** Seconds of a step against work, and over many steps. */
export interface Growth {
  readonly configuration: string;
  readonly lines: readonly {
    readonly along: 'completions' | 'tokens' | 'prompts';
    /** [amount, seconds] */
    readonly points: readonly (readonly [number, number])[];
    readonly rSquared: number;
  }[];
  /** Medians of the first and of the last 30 of so many steps, and the memory held after each. */
  readonly steady: {
    readonly steps: number;
    readonly first: number;
    readonly last: number;
    readonly memory: readonly [number, number];
  };
}

const REPEATS = 11;
const STEPS = 300;
const ENDS = 30;
// Short completions of a sure model are often equal and then scored once, so that more tokens would be more completions.
const TEMPERATURE = 10;

/** Varies one amount at a time below the configuration's own. */
export async function measureGrowth(
  turn: (request: StepRequest) => Promise<StepTurn>,
  { name, prompts, completions, tokens }: StepConfiguration,
  progress: (line: string) => void,
): Promise<Growth> {
  const lines: Growth['lines'][number][] = [];
  for (const [along, most] of Object.entries({ completions, tokens, prompts }) as [
    'completions' | 'tokens' | 'prompts',
    number,
  ][]) {
    progress(`${name}: seconds against ${along}`);
    const amounts = [1, 2, 3, 4].map((quarter) => Math.max(quarter, Math.round((most * quarter) / 4)));
    const seconds = new Map<number, number[]>(amounts.map((amount) => [amount, []]));
    for (let round = 0; round <= REPEATS; round++) {
      for (const amount of amounts) {
        const { step } = await turn({ objective: 'grpo', temperature: TEMPERATURE, [along]: amount });
        if (round > 0) seconds.get(amount)!.push(step);
      }
    }
    const points = amounts.map((amount) => [amount, median(seconds.get(amount)!)] as const);
    lines.push({ along, points, rSquared: linearFit(points).rSquared });
  }
  progress(`${name}: ${STEPS} steps`);
  const steps: StepTurn[] = [];
  const small = { prompts: Math.min(prompts, 4), completions: Math.min(completions, 4) };
  for (let step = 0; step < STEPS; step++) steps.push(await turn({ objective: 'cppo', ...small }));
  const ends = [steps.slice(0, ENDS), steps.slice(-ENDS)] as const;
  const [first, last] = ends.map((part) => median(part.map(({ step }) => step))) as [number, number];
  const memory = ends.map((part) => part.at(-1)!.memory ?? Number.NaN) as unknown as readonly [
    number,
    number,
  ];
  return { configuration: name, lines, steady: { steps: STEPS, first, last, memory } };
}
