import type { Cluster } from '@cppo/grpo';
import type { RgbImage } from '@cppo/perturb';
import type { StepParts } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import type { Prompt } from '../prompts/prepare-prompt.js';
import type { PhaseClock } from './phase-clock.js';

/** What the phases of one roll-out share. */
export interface Draw<P extends Encoded> {
  readonly parts: StepParts<P>;
  /** Each learner samples and judges its own prompts: every N-th of an attempt. */
  readonly cluster: Cluster;
  /** Counts from 1. */
  readonly step: number;
  readonly clock: PhaseClock;
  /** Throws when the run was asked to stop. */
  readonly check: () => Promise<void>;
  /** Lets the sampling stop by itself. */
  readonly signal: AbortSignal | undefined;
  /** Why samples were left out, as they are found. */
  readonly leftOut: string[];
  /** This learner's prompts of the step by the ids of their groups. */
  readonly prompts: Map<string, Prompt<P>>;
  /** The pictures of prompts that a sampler had perturbed, by the encoded prompt. */
  readonly perturbed: Map<P, readonly RgbImage[]>;
}

/** The same sample can come twice in a batch: in two epochs, or in two attempts. */
export function groupId<P extends Encoded>({ sample, epoch }: Prompt<P>, attempt: number): string {
  return `${sample.id}${epoch === 0 ? '' : `@${epoch}`}${attempt === 0 ? '' : `+${attempt}`}`;
}
