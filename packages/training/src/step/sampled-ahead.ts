import type { Group } from '@cppo/grpo';
import type { Encoded } from '../contract/policy.js';
import type { Draw } from './draw.js';
import { PhaseClock } from './phase-clock.js';
import type { PlacedPrompt } from './read-prompts.js';

/** The prompts of an attempt with their completions, as they were sampled. */
export interface SampledPrompts<P extends Encoded> {
  readonly placed: readonly PlacedPrompt<P>[];
  readonly groups: readonly Group<P>[];
}

/** Samples what a draw asks for. */
type Sampling<P extends Encoded> = (draw: Draw<P>) => Promise<SampledPrompts<P>>;

/**
 * Samples the completions of the next step while this one is computed, with the weights that this one began with. What it holds
 * is in no checkpoint: the first step of a resumed run is sampled with the weights of its checkpoint.
 */
export class SampledAhead<P extends Encoded> {
  private readonly stopping = new AbortController();
  private next: { readonly draw: Draw<P>; readonly sampled: Promise<SampledPrompts<P>> } | undefined;

  /** Begins the sampling of the step after a draw's, where there is one. */
  begin(draw: Draw<P>, sample: Sampling<P>): void {
    if (draw.step >= draw.parts.config.steps) return;
    const signals = [this.stopping.signal, ...(draw.signal ? [draw.signal] : [])];
    const next: Draw<P> = {
      parts: draw.parts,
      cluster: draw.cluster,
      step: draw.step + 1,
      clock: new PhaseClock(),
      check: async () => {},
      signal: AbortSignal.any(signals),
      leftOut: [],
      prompts: new Map(),
      perturbed: new Map(),
    };
    const sampled = sample(next);
    // What went wrong is reported when its turn has come.
    sampled.catch(() => {});
    this.next = { draw: next, sampled };
  }

  /**
   * @param draw of the step whose turn it is; learns of its prompts, their pictures, and of samples that were left out.
   * @returns what was sampled before its turn; nothing where nothing was.
   * @throws whatever the sampling failed with.
   */
  async take(draw: Draw<P>): Promise<SampledPrompts<P> | undefined> {
    const { next } = this;
    if (next?.draw.step !== draw.step) return undefined;
    this.next = undefined;
    const sampled = await next.sampled;
    draw.leftOut.push(...next.draw.leftOut);
    for (const [id, prompt] of next.draw.prompts) draw.prompts.set(id, prompt);
    for (const [prompt, pictures] of next.draw.perturbed) draw.perturbed.set(prompt, pictures);
    return sampled;
  }

  /** Gives up what is being sampled, and waits until it has ended. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('The run ends here.'));
    await this.next?.sampled.catch(() => {});
    this.next = undefined;
  }
}
