import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWholeFile } from '../directory/whole-file.js';

/** One turn of a conversation. */
export interface RecordedTurn {
  readonly role: 'system' | 'user' | 'assistant';
  /** `<image>` marks the places of pictures. */
  readonly text: string;
}

/** What is known of one token of a completion. Arrays of a completion all have its length. */
export interface CompletionRecord {
  readonly text: string;
  /** Each token decoded by itself. */
  readonly tokens: readonly string[];
  readonly logProbs: readonly number[];
  readonly reward: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly advantage: number;
  readonly truncated: boolean;
  /** Steps that the weights which sampled it had behind them; present where they were sampled elsewhere. */
  readonly version?: number;
  /** Present for completions on which the perception loss acted. */
  readonly perception?: {
    /** ΔH = H⁻ − H, nats. */
    readonly shift: readonly number[];
    /** 1 on perception tokens. */
    readonly mask: readonly number[];
    /** CPL of the token, nats; 0 where the mask is 0. */
    readonly loss: readonly number[];
  };
}

/** One group as it was rolled out and judged. */
export interface GroupRecord {
  readonly step: number;
  readonly id: string;
  readonly question: string;
  /** The whole conversation, where it is more than the question. */
  readonly turns?: readonly RecordedTurn[];
  readonly answer: string;
  /** PNG data URLs by view (`original`, `preserving`, `removing`; `perturbed` is the one that was answered, where a sampler perturbed it); only for the groups shown in the report. */
  readonly images?: Readonly<Record<string, string>>;
  readonly completions: readonly CompletionRecord[];
}

const fileOf = (step: number) => `step-${String(step).padStart(6, '0')}.jsonl`;

/**
 * Writes the groups of a step; a repeated step replaces its file.
 *
 * @param directory of the rollouts.
 * @param step from 1.
 * @param groups questions with their completions.
 */
export function writeRollouts(directory: string, step: number, groups: readonly GroupRecord[]): void {
  writeWholeFile(join(directory, fileOf(step)), groups.map((group) => `${JSON.stringify(group)}\n`).join(''));
}

/**
 * Removes the rollouts of steps after the checkpoint from which a run resumes.
 *
 * @param directory of the rollouts.
 * @param step of the checkpoint.
 */
export function dropRolloutsAfter(directory: string, step: number): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) if (name > fileOf(step)) rmSync(join(directory, name));
}
