import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import type { RolloutSettings } from '../contract/settings.js';
import { encodePrompt } from '../prompts/encode-prompt.js';
import { inParts } from './in-parts.js';

interface Asked {
  readonly question: string;
  readonly answer: (text: string) => void;
  readonly fail: (reason: unknown) => void;
}

/** How completions are sampled, which says how much fits into the memory. */
export type QuestionsOptions = Pick<RolloutSettings, 'prompts' | 'completions' | 'maxTokens' | 'batch'>;

/**
 * Questions that reward functions put to the policy, without a picture. Those that are waiting are answered together; answers are
 * the likeliest tokens, so they depend on nothing but weights and question.
 */
export class Questions<P extends Encoded> {
  private waiting: Asked[] = [];
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly policy: Pick<TrainedPolicy<P>, 'encode' | 'generate'>,
    private readonly options: QuestionsOptions,
    private readonly signal?: AbortSignal,
  ) {}

  readonly ask = (question: string): Promise<string> =>
    new Promise((answer, fail) => {
      // All that is asked before the policy is free again goes into one batch.
      if (this.waiting.push({ question, answer, fail }) === 1) this.work = this.work.then(() => this.flush());
    });

  /** Waits for questions that nobody waits for any more: their verdict came too late, and the policy is needed. */
  async settled(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.work; ) {
      last = this.work;
      await last;
    }
  }

  private async flush(): Promise<void> {
    // Other reward functions of the group are still about to ask.
    await new Promise((resolve) => setTimeout(resolve));
    const asked = this.waiting;
    this.waiting = [];
    try {
      const texts = await this.answers(asked.map(({ question }) => question));
      for (const [i, { answer }] of asked.entries()) answer(texts[i] ?? '');
    } catch (error) {
      for (const { fail } of asked) fail(error);
    }
  }

  private async answers(questions: readonly string[]): Promise<string[]> {
    const { maxTokens, completions, prompts: wanted, batch = wanted } = this.options;
    // Completions of a group share their prompt, questions do not: half as many take about as much memory.
    const atOnce = Math.max(1, Math.floor((batch * completions) / 2));
    const prompts = questions.map((question) => encodePrompt<P>(this.policy, question, []));
    const options = {
      completions: 1,
      maxTokens,
      temperature: 0,
      seed: 0,
      ...(this.signal && { signal: this.signal }),
    };
    const groups = await inParts(prompts, atOnce, options, (part, seeded) =>
      this.policy.generate(part, seeded),
    );
    return groups.map(([completion]) => completion?.text ?? '');
  }
}
