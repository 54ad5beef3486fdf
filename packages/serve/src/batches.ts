import type { ChatModel, Sampled, SampledToken, SamplingOptions } from './chat-model.js';

/** Requests of which the settings are equal are sampled together. */
export type BatchSettings = Omit<SamplingOptions, 'seed' | 'signal' | 'onToken'> & {
  /** One that names a seed is sampled alone, so that it gets the same answer whoever else asks. */
  readonly seed?: number;
};

interface Waiting<P> {
  readonly prompt: P;
  readonly settings: BatchSettings;
  readonly signal: AbortSignal;
  readonly onToken: (event: SampledToken) => void;
  readonly resolve: (completions: readonly Sampled[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Takes what waits in batches: the oldest request, and all others with its settings, as many as may run at once. One batch
 * runs at a time, for a model's memory is sized for one.
 */
export class Batches<P> {
  private waiting: Waiting<P>[] = [];
  private running = false;
  private batch = 0;

  constructor(
    private readonly model: Pick<ChatModel<P>, 'generate'>,
    /** Completions at once; a request with more is sampled alone. */
    private readonly atOnce: number,
  ) {}

  /** Requests that wait. */
  get length(): number {
    return this.waiting.length;
  }

  /** @returns the completions of a prompt; rejects when it was given up. */
  sample(
    prompt: P,
    settings: BatchSettings,
    signal: AbortSignal,
    onToken: (event: SampledToken) => void,
  ): Promise<readonly Sampled[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ prompt, settings, signal, onToken, resolve, reject });
      // After this turn of the loop: requests that came together are taken together.
      setImmediate(() => this.run());
    });
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (let batch = this.take(); batch.length > 0; batch = this.take()) await this.runBatch(batch);
    } finally {
      this.running = false;
    }
  }

  private take(): Waiting<P>[] {
    for (const given of this.waiting.filter(({ signal }) => signal.aborted))
      given.reject(given.signal.reason);
    this.waiting = this.waiting.filter(({ signal }) => !signal.aborted);
    const [first] = this.waiting;
    if (first === undefined) return [];
    const key = JSON.stringify(first.settings);
    const alike =
      first.settings.seed === undefined
        ? this.waiting.filter(({ settings }) => JSON.stringify(settings) === key)
        : [first];
    const batch = alike.slice(0, Math.max(1, Math.floor(this.atOnce / first.settings.completions)));
    this.waiting = this.waiting.filter((each) => !batch.includes(each));
    return batch;
  }

  private async runBatch(batch: readonly Waiting<P>[]): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const given = new AbortController();
    const giveUp = () => {
      if (batch.every(({ signal }) => signal.aborted)) given.abort();
    };
    for (const { signal } of batch) signal.addEventListener('abort', giveUp);
    try {
      const sampled = await this.model.generate(
        batch.map(({ prompt }) => prompt),
        {
          ...first.settings,
          seed: first.settings.seed ?? this.batch++,
          signal: given.signal,
          onToken: (event) => batch[event.prompt]?.onToken(event),
        },
      );
      for (const [i, each] of batch.entries()) each.resolve(sampled[i] ?? []);
    } catch (error) {
      for (const each of batch) each.reject(error);
    } finally {
      for (const { signal } of batch) signal.removeEventListener('abort', giveUp);
    }
  }
}
