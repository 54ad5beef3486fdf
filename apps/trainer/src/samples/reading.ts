import {
  type OpenOptions,
  type PromptTemplate,
  readImageHeader,
  renderPrompt,
  type Sample,
} from '@cppo/dataset';
import { decodeImage, type RgbImage } from '@cppo/perturb';
import type { Config } from '../config/schema.js';
import { hubAccess } from '../hub-access.js';
import { Progress } from '../train/progress.js';
import { encodePrompt } from '../train/prompts.js';
import { templateOf } from './template.js';

export interface ReadingOptions {
  readonly policy: Parameters<typeof encodePrompt>[0];
  readonly template: PromptTemplate;
  /** Longest prompt, in tokens; what the model can take when left out. */
  readonly maxPromptTokens?: number | undefined;
  /** Longest completion: what a prompt has to leave room for. */
  readonly maxTokens: number;
  /** How closely pictures are looked at before the first step. Default `decode`. */
  readonly check?: 'decode' | 'structure' | 'none' | undefined;
  /** Broken rows stop the run, or are left out and counted. Default `error`. */
  readonly broken?: 'error' | 'skip' | undefined;
}

/** How a run reads its data. */
export function readingOf(config: Config, policy: ReadingOptions['policy']): ReadingOptions {
  const { maxPromptTokens, check, broken } = config.data;
  return {
    policy,
    template: templateOf(config),
    maxPromptTokens,
    maxTokens: config.rollout.maxTokens,
    check,
    broken,
  };
}

/** Options of `openDataset` by which a set holds only what a model can be trained on; the rest is counted and listed. */
export function readingFor(title: string, options: ReadingOptions): OpenOptions & { stop(): void } {
  const { policy, template, maxTokens, check = 'decode', broken = 'error' } = options;
  const limit = options.maxPromptTokens ?? contextOf(policy) - maxTokens;
  const tokens = promptLength(policy, template);
  let progress: Progress | undefined;
  let stage = '';
  return {
    broken,
    check: check === 'none' ? 'none' : 'structure',
    ...(check === 'decode' && { decode: decodeImage }),
    ...hubAccess(),
    filters: [
      {
        name: 'image that the model cannot take',
        keep: async (sample) => (await tokens(sample)) !== undefined,
      },
      {
        name: `prompt longer than ${limit} tokens`,
        keep: async (sample) => ((await tokens(sample)) ?? 0) <= limit,
      },
    ],
    onProgress: ({ stage: now, done, total }) => {
      // Small sets are read before anyone could look.
      if (now === 'survey' && total <= 256) return;
      if (stage !== now) {
        progress?.stop();
        stage = now;
        progress = new Progress(now === 'survey' ? `reading ${title}` : `downloading ${title}`, total);
      }
      progress!.update(done);
    },
    stop: () => progress?.stop(),
  };
}

/** Positions that a model knows; a policy of the user's own may not say. */
function contextOf(policy: unknown): number {
  type Source = { max_position_embeddings?: number; text_config?: Source };
  const { source } = (policy as { config?: { source?: Source } }).config ?? {};
  const { max_position_embeddings: positions } = source?.text_config ?? source ?? {};
  return positions ?? Number.POSITIVE_INFINITY;
}

/**
 * Counts the tokens of a sample's prompt as the policy will encode it, image tokens included, without decoding its
 * pictures: an image costs what a blank one of its size does. `undefined` when the policy takes no such image.
 */
function promptLength(
  policy: ReadingOptions['policy'],
  template: PromptTemplate,
): (sample: Sample) => Promise<number | undefined> {
  const length = (text: string, images: readonly RgbImage[]) => encodePrompt(policy, text, images).ids.length;
  const bySize = new Map<string, number | undefined>();
  const beyondSmall = (width: number, height: number): number | undefined => {
    const key = `${width}×${height}`;
    if (!bySize.has(key)) {
      try {
        bySize.set(key, length('x', [blank(width, height)]) - length('x', [small]));
      } catch {
        bySize.set(key, undefined);
      }
    }
    return bySize.get(key);
  };
  const count = async (sample: Sample): Promise<number | undefined> => {
    const images = sample.images.map(() => small);
    let total = length(renderPrompt(sample, template), images);
    for (const image of sample.images) {
      const { width, height } = readImageHeader(await image.bytes());
      const more = beyondSmall(width, height);
      if (more === undefined) return undefined;
      total += more;
    }
    return total;
  };
  const known = new WeakMap<Sample, Promise<number | undefined>>();
  return (sample) => {
    const tokens = known.get(sample) ?? count(sample);
    known.set(sample, tokens);
    return tokens;
  };
}

const blank = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
});
const small = blank(28, 28);
