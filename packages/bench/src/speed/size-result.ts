import type { WeightFormat } from '@cppo/policy-qwen';
import type {
  Arithmetic,
  FirstFigures,
  Measured,
  ScoreFigures,
  SpeedFigures,
  StepFigures,
} from './size-job.js';

/** Our step, and what it does beyond GRPO. */
export interface OwnStepFigures extends StepFigures {
  readonly cppo: {
    readonly step: number;
    readonly update: number;
    readonly memory: number;
    /** Seconds of scoring and update, CPPO's over GRPO's. */
    readonly measuredRatio: number;
    /** The same of operations in products. */
    readonly countedRatio: number;
    /** measured / counted */
    readonly quotient: number;
  };
}

/** All measurements of one side. */
export interface SizeFigures<Step extends StepFigures = StepFigures> {
  readonly score?: Measured<ScoreFigures>;
  readonly first?: Measured<FirstFigures>;
  readonly speed?: Measured<SpeedFigures>;
  readonly step?: Measured<Step>;
}

export interface SizeResult {
  readonly model: string;
  readonly threads: number;
  readonly arithmetic: Omit<Arithmetic, 'weights'>;
  readonly ours: Partial<Record<WeightFormat, SizeFigures<OwnStepFigures>>>;
  readonly peer?: SizeFigures & { readonly versions?: Readonly<Record<string, string>> };
}
