import { parseOptions, requireNames } from '@cppo/checked-options';
import { z } from 'zod';
import { type CheckedCompletion, checkAnswer } from './check-answer.js';
import { EngineError } from './engine-error.js';
import { HandedOver, modelsOf } from './handed-over.js';
import { promptSeed } from './prompt-seed.js';
import type { Protocol } from './protocol.js';
import type { Question } from './question.js';
import type { Comparison, EngineCompletion, NewWeights, SamplingRequest } from './sampling.js';
import { Server, withPatience } from './server.js';
import { sglang } from './sglang.js';
import { vllm } from './vllm.js';

export interface EngineSamplerOptions {
  /** What runs at the addresses. */
  readonly kind: 'vllm' | 'sglang';
  /** Addresses of the servers, such as http://10.0.0.7:8000; prompts go round them. */
  readonly urls: readonly string[];
  /** The name under which they serve the model. */
  readonly model: string;
  /** Directory for the weights that are handed over: on a disk that the servers see under the same path. */
  readonly adapters: string;
  /**
   * Largest mean difference of log-probabilities from the policy's with the same weights, nats a token. Engines that compute in
   * bfloat16 stay below 0.05. Default 0.1.
   */
  readonly tolerance?: number;
  /** Seconds to wait for one answer. Default 1800. */
  readonly timeoutSeconds?: number;
  /** Further attempts after a failure that may pass, the next server taking its turn. Default 5. */
  readonly retries?: number;
  /** Seconds before the first of them; then twice as long each time, at most 60. Default 1. */
  readonly retrySeconds?: number;
  /** Sent as a bearer token. */
  readonly apiKey?: string;
  /** Told what could not be tidied up. Default `console.warn`. */
  readonly onNotice?: (sentence: string) => void;
}

/** Options of the engine sampler that a configuration can say. */
export const engineSamplerSchema = z.strictObject({
  kind: z.enum(['vllm', 'sglang']),
  urls: z
    .array(z.url({ protocol: /^https?$/, error: 'the address of a server, such as http://10.0.0.7:8000' }))
    .min(1),
  model: z.string().min(1),
  adapters: z.string().min(1),
  tolerance: z.number().positive().default(0.1),
  timeoutSeconds: z.number().positive().default(1800),
  retries: z.int().min(0).default(5),
  retrySeconds: z.number().min(0).default(1),
});

const schema = engineSamplerSchema.extend({
  apiKey: z.string().min(1).optional(),
  onNotice: z.custom<(sentence: string) => void>((value) => typeof value === 'function').optional(),
});

/** Samples on servers, with the weights that were handed to them last. */
export interface EngineSampler {
  /** Its log-probabilities are those of another engine. */
  readonly elsewhere: true;
  /** @throws EngineError when a server cannot be reached, or serves another model. */
  open(): Promise<void>;
  /** @throws EngineError when a server does not take them. */
  weightsChanged(weights: NewWeights): Promise<void>;
  /**
   * One group of completions for each prompt, in their order.
   *
   * @throws EngineError when an answer cannot be had or trained on; the signal's reason.
   */
  sample(request: SamplingRequest): Promise<{ readonly completions: EngineCompletion[] }[]>;
  /** @throws EngineError when the servers cannot have sampled with these weights. */
  compared(comparison: Comparison): Promise<void>;
  /** Takes the adapters back from servers and disk. */
  close(): Promise<void>;
}

const protocols: Readonly<Record<EngineSamplerOptions['kind'], Protocol>> = { vllm, sglang };

/**
 * Makes a sampler whose completions come from vLLM or SGLang servers.
 *
 * After each update the policy's LoRA adapters go to all servers under a new name; the last two are kept. Of each answer the
 * prompt's token ids must be the policy's own, tokens and log-probabilities of one length, and the last token an end token
 * unless the length limit came first. A policy rescores what comes back; `compared` is told how far the two are apart.
 *
 * @param options servers, model, directory of the adapters, and how patient to be.
 * @returns the sampler; it asks no server before `open`.
 * @throws RangeError when an option is unknown or wrong.
 * @example
 * const engine = { kind: 'vllm', urls: ['http://localhost:8000'], model: 'Qwen/Qwen2.5-VL-3B-Instruct' };
 * const sampler = engineSampler({ ...engine, adapters: '/shared/adapters' });
 * sampler.elsewhere; // true
 */
export function engineSampler(options: EngineSamplerOptions): EngineSampler {
  requireNames('engineSampler', options, {
    ...{ kind: true, urls: true, model: true, adapters: true, tolerance: true, timeoutSeconds: true },
    ...{ retries: true, retrySeconds: true, apiKey: true, onNotice: true },
  });
  const { kind, urls, model, adapters, tolerance, timeoutSeconds, retries, retrySeconds, apiKey, onNotice } =
    parseOptions('engineSampler', schema, options);
  const protocol = protocols[kind];
  const patience = { retries, retrySeconds };
  const servers = urls.map((url) => new Server(url, { apiKey, timeoutSeconds }));
  const handed = new HandedOver(adapters, servers, protocol, patience, onNotice ?? console.warn);

  let modeKnown = false;

  const answer = async (question: Question, first: number, signal: AbortSignal | undefined) =>
    withPatience(
      patience,
      async (attempt) => {
        const server = servers[(first + attempt) % servers.length] as Server;
        const reply = await server.call(protocol.ask(question), signal);
        try {
          return checkAnswer(protocol.read(reply, question), question);
        } catch (error) {
          if (error instanceof EngineError) error.message = `${server.url}: ${error.message}`;
          throw error;
        }
      },
      signal,
    );

  return {
    elsewhere: true,
    async open() {
      for (const server of servers) {
        const there = await withPatience(patience, () => modelsOf(server));
        if (!there.includes(model))
          throw new EngineError(
            `${server.url}: found the models ${there.join(', ')}, expected ${model} among them`,
          );
      }
    },
    weightsChanged: (weights) => handed.add(weights),
    async sample({ policy, prompts, completions, maxTokens, temperature, seed, signal }) {
      const { current } = handed;
      if (current === undefined)
        throw new EngineError('found no weights handed over, expected some before sampling');
      const { tokenizer } = policy;
      const { stopIds = [], imageTokenId } = tokenizer;
      if (stopIds.length === 0)
        throw new EngineError('found no stopIds of the tokenizer, expected the ids that end a completion');
      // The first failure ends the others: what they would bring is of no use any more.
      const failed = new AbortController();
      const until = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
      const version = current.version;
      const whole = (completion: CheckedCompletion): EngineCompletion => ({
        ...completion,
        text: tokenizer.decode([...completion.tokens]),
        version,
      });
      const answered = prompts.map(async ({ id, prompt, shown }, i) => {
        const question: Question = {
          ...{ id, ids: prompt.ids, shown: await shown(), adapter: current.name },
          ...{ completions, maxTokens, temperature, stopIds, imageTokenId },
          seed: promptSeed(seed, id),
        };
        return { completions: (await answer(question, i, until)).map(whole) };
      });
      try {
        return await Promise.all(answered);
      } catch (error) {
        failed.abort(error);
        await Promise.allSettled(answered);
        throw error;
      }
    },
    async compared({ difference, current, untempered }) {
      // Of older weights a difference says nothing.
      if (!current) return;
      // Once: of a model that is sure of itself the tolerance would not tell.
      if (!modeKnown && (await untempered()) < difference / 2)
        throw new EngineError(
          `log-probabilities of the servers are those before the temperature, expected them after it: servers started with ${protocol.flags}`,
        );
      modeKnown = true;
      // NaN must not pass.
      if (difference <= tolerance) return;
      throw new EngineError(
        `log-probabilities of the servers differ from the policy's by ${difference.toPrecision(3)} nats a token, expected at most ${tolerance}: servers of the same model, started with ${protocol.flags}`,
      );
    },
    close: () => handed.dropAll(),
  };
}
