import type { Chain } from './chain.js';
import type { Random } from './random.js';

/** `out-of-domain` has some of: other shades, fonts, backgrounds, sizes and shapes, noise; the questions are the same. */
export type Split = (typeof splits)[number];

export const splits = ['in-domain', 'out-of-domain'] as const;

/** 1 easy, 2 medium, 3 hard: more things in the picture, then more steps to the answer. */
export type Difficulty = (typeof difficulties)[number];

export const difficulties = [1, 2, 3] as const;

/** What a task draws and asks, before it is drawn. */
export interface Exercise {
  /** Everything that the picture shows, as plain data: the answer can be worked out from it again. */
  readonly scene: Scene;
  /** Pixels; multiples of 28, so that Qwen's processor does not resize. */
  readonly width: number;
  readonly height: number;
  readonly svg: string;
  readonly question: string;
  readonly answer: string;
  /** A right reply, with the characters that come from the picture. */
  readonly reference: Chain;
  /** Everything in the picture in reading order: what a model is pre-trained on. */
  readonly description: Chain;
}

export type Scene = { readonly [key: string]: Fact };
export type Fact = string | number | boolean | readonly Fact[] | { readonly [key: string]: Fact };

/** One kind of visual question. */
export interface TaskDefinition {
  readonly name: string;
  readonly summary: string;
  /** Asks for everything at once; `Exercise.description` is its reply. */
  readonly describe: string;
  draw(random: Random, difficulty: Difficulty, split: Split): Exercise;
}

/** One question about one drawn picture. */
export interface TaskSample {
  readonly id: string;
  readonly task: string;
  readonly difficulty: Difficulty;
  readonly split: Split;
  readonly question: string;
  readonly answer: string;
  readonly image: TaskImage;
  /** A right reply: `<think>…</think> \boxed{…}`. */
  readonly reference: string;
  /** [start, end) in `reference` of each value that can only come from the picture. */
  readonly perception: readonly (readonly [number, number])[];
  readonly scene: Scene;
  /** The question whose reply names everything in the picture, and that reply. */
  readonly description: { readonly question: string; readonly reply: Chain };
}

export interface TaskImage {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
  /** Drawn on request, the same bytes on every machine. */
  png(): Promise<Uint8Array>;
}
