import type { ModelChoice } from './model-choice.js';
import type { Picture } from './rgb.js';

/** A perturbation by its name in `@cppo/perturb`, with its options. */
export interface Perturb {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** How the views of a picture are made. */
export interface ViewChoice {
  readonly preserving: Perturb;
  readonly removing: Perturb;
  readonly seed: number;
}

/** A sample of a built-in task by its place in the endless sequence. */
export interface TaskPlace {
  readonly task: string;
  readonly index: number;
}

export interface Question {
  readonly question: string;
  readonly picture: Picture;
  /** Where the picture is a task's own, so that it is known what there is to see in it. */
  readonly place: TaskPlace | undefined;
  /** 0 takes the likeliest tokens. */
  readonly temperature: number;
  readonly seed: number;
  readonly views: ViewChoice;
}

export type SeeRequest =
  /** Comes first. */
  | { readonly kind: 'load'; readonly model: ModelChoice }
  | { readonly kind: 'draw'; readonly place: TaskPlace }
  | { readonly kind: 'ask'; readonly asked: Question }
  | { readonly kind: 'look'; readonly views: ViewChoice };

export interface DrawnTask {
  readonly picture: Picture;
  readonly question: string;
  readonly answer: string;
}

/** One token of the answer under the three views. Nats. */
export interface SeenToken {
  readonly text: string;
  readonly logProb: number;
  readonly entropy: number;
  readonly removedEntropy: number;
  /** ΔH = H⁻ − H. */
  readonly shift: number;
  /** ℓ − ℓ⁻. */
  readonly logProbShift: number;
  /** CPL of the token if it is in the mask. */
  readonly loss: number;
  /** Whether it was read from the picture; nothing where that is not known. */
  readonly read: boolean | undefined;
}

export interface Seen {
  readonly tokens: readonly SeenToken[];
  /** Data URLs. */
  readonly views: { readonly original: string; readonly preserving: string; readonly removing: string };
  /** M by ρ, in the order of `ratios`. */
  readonly masks: readonly (readonly boolean[])[];
}

/** Values of ρ for which masks are worked out: 0.05 to 1. */
export const ratios: readonly number[] = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);

export type SeeAnswer =
  | { readonly kind: 'ready'; readonly engine: string; readonly tasks: readonly string[] }
  | { readonly kind: 'drawn'; readonly drawn: DrawnTask }
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'seen'; readonly seen: Seen }
  | { readonly kind: 'failed'; readonly reason: string };
