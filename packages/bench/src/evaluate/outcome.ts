/** A question to be evaluated; `reference` and `perception` distinguish perception errors from others. */
export interface EvaluationSample {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** Results are also given per task. */
  readonly task?: string;
  /** A right reply. */
  readonly reference?: string;
  /** [start, end) in `reference` of the values that come from the picture. */
  readonly perception?: readonly (readonly [number, number])[];
}

/**
 * What went wrong in a wrong answer, or nothing: `perception`, a value of the picture was misread;
 * `reasoning`, all were read right; `unreadable`, it is unclear which values the thought claims to see.
 */
export type Fault = 'none' | 'perception' | 'reasoning' | 'unreadable';

/** One sampled answer, judged. */
export interface JudgedAnswer {
  readonly text: string;
  readonly accuracy: number;
  readonly format: number;
  readonly tokens: number;
  readonly truncated: boolean;
  /** What is in the last box, or null: the vote of maj@k. */
  readonly boxed: string | null;
  /** Absent when the sample has no reference. */
  readonly fault?: Fault;
}

/** One question with all its judged answers: a line of a results file. */
export interface Outcome {
  readonly id: string;
  readonly task?: string;
  readonly answers: readonly JudgedAnswer[];
}
