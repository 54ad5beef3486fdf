import { type Names, requireNames } from '@cppo/checked-options';
import { type OpenOptions, readImageHeader, renderTurns, type Sample, UnusableSample } from '@cppo/dataset';
import { decodeAndCompare, type RgbImage } from '@cppo/perturb';
import { UserError } from '@cppo/run';
import type { Encoded, PromptEncoder } from '../contract/policy.js';
import type { Showing } from '../contract/showing.js';
import { SurveyProgress } from '../progress/survey-progress.js';
import { encodePrompt } from '../prompts/encode-prompt.js';
import { bounded, decoding } from '../prompts/pictures.js';
import { HiddenDrawings } from './hidden-drawings.js';

export interface ReadingOptions<P extends Encoded = Encoded> {
  /** Encodes prompts as the policy will. */
  readonly policy: PromptEncoder<P>;
  readonly showing: Showing;
  /** Longest prompt, in tokens; what the model can take when left out. */
  readonly maxPromptTokens?: number | undefined;
  /** Longest completion: what a prompt has to leave room for. */
  readonly maxTokens: number;
  /** How closely pictures are checked before the first step. Default `decode`. */
  readonly check?: 'decode' | 'structure' | 'none' | undefined;
  /** Broken rows stop the run, or are left out and counted. Default `error`. */
  readonly broken?: 'error' | 'skip' | undefined;
  /** Prefix of a setting in messages. Default `data.`, of a configuration. */
  readonly prefix?: 'data.' | '--';
  /** How the Hugging Face hub is reached: its address, and a token for what is not public. */
  readonly hub?: Pick<OpenOptions, 'token' | 'hubUrl'>;
}

const readingNames: Names<ReadingOptions> = {
  ...{ policy: true, showing: true, maxPromptTokens: true, maxTokens: true },
  ...{ check: true, broken: true, prefix: true, hub: true },
};

/** @throws RangeError for an option that there is not. */
export function checkReading(caller: string, reading: ReadingOptions | undefined): void {
  if (reading !== undefined) requireNames(caller, reading, readingNames);
}

/** Options of `openDataset` by which a set holds only what a model can be trained on; the rest is counted and listed. */
export function readingFor(
  title: string,
  options: ReadingOptions,
): OpenOptions & { stop(): void; warnings(): string[] } {
  const { policy, showing, maxTokens, check = 'decode', broken = 'error', prefix = 'data.' } = options;
  const limit = options.maxPromptTokens ?? roomForPrompt(policy, maxTokens, prefix);
  const measure = promptMeasure(policy, showing);
  const hidden = new HiddenDrawings(prefix);
  const progress = new SurveyProgress(title);
  return {
    broken,
    check: check === 'none' ? 'none' : 'structure',
    ...(check === 'decode' && {
      decode: async (bytes, place, name) => {
        const { hidden: share } = await decodeAndCompare(bytes, { ...decoding(showing), name });
        hidden.note(place, share);
      },
    }),
    ...options.hub,
    filters: [
      {
        name: 'image that the model cannot take',
        keep: async (sample) => (await measure(sample)).refused === undefined,
        explain: async (sample) => (await measure(sample)).refused,
      },
      {
        name: `prompt longer than ${limit} tokens`,
        keep: async (sample) => (await measure(sample)).tokens <= limit,
        explain: async (sample) =>
          tooLong(await measure(sample), limit, pixelsPerToken(policy), sample.images.length, prefix),
      },
    ],
    onProgress: (now) => progress.update(now),
    stop: () => progress.stop(),
    warnings: () => hidden.sentences(),
  };
}

/** What the model's context leaves to a prompt. */
function roomForPrompt(policy: unknown, maxTokens: number, prefix: string): number {
  const context = contextOf(policy);
  if (context > maxTokens) return context - maxTokens;
  const key = prefix === '--' ? '--max-tokens' : 'rollout.maxTokens';
  throw new UserError(
    `${key}: found ${maxTokens}, expected less than ${context}, the tokens that prompt and completion may have together in this model.`,
  );
}

/**
 * Returns the largest number of positions of a model.
 *
 * @param policy any policy.
 * @returns positions; Infinity for a custom policy that does not state it.
 */
export function contextOf(policy: unknown): number {
  type Source = { max_position_embeddings?: number; text_config?: Source };
  const { source } = (policy as { config?: { source?: Source } }).config ?? {};
  const { max_position_embeddings: positions } = source?.text_config ?? source ?? {};
  return positions ?? Number.POSITIVE_INFINITY;
}

/**
 * Returns the number of pixels that one token covers.
 *
 * @param policy any policy.
 * @returns pixels; undefined for a custom policy that does not state it.
 */
export function pixelsPerToken(policy: unknown): number | undefined {
  type Vision = { patchSize?: number; mergeSize?: number };
  const { patchSize, mergeSize } = (policy as { config?: { vision?: Vision } }).config?.vision ?? {};
  return patchSize && mergeSize ? (patchSize * mergeSize) ** 2 : undefined;
}

/** How long a prompt is, and the bound on pictures that would make it fit. */
function tooLong(
  { tokens, ofPictures }: Measure,
  limit: number,
  perToken: number | undefined,
  pictures: number,
  prefix: string,
): string {
  if (ofPictures === 0) return `${tokens} tokens`;
  const found = `${tokens} tokens, ${ofPictures} of them ${pictures === 1 ? 'its picture' : `its ${pictures} pictures`}`;
  // Two tokens more mark where a picture begins and ends.
  const room = Math.floor((limit - (tokens - ofPictures)) / pictures) - 2;
  if (perToken === undefined || room < 1) return found;
  const setting = prefix === '--' ? '--max-pixels' : 'data.maxPixels';
  const it = pictures === 1 ? 'it' : 'them';
  return `${found}; ${setting}=${room * perToken} would shrink ${it} to fit`;
}

/** A prompt's length in tokens; `refused` says why the model takes one of its pictures not at all. */
interface Measure {
  readonly tokens: number;
  readonly ofPictures: number;
  readonly refused?: string;
}

/**
 * Measures the prompt of a sample as the policy will encode it, without decoding its pictures: an image costs what a
 * blank one of its size does.
 *
 * @throws UnusableSample when the conversation cannot be encoded, for what it says.
 */
function promptMeasure(
  policy: ReadingOptions['policy'],
  showing: Showing,
): (sample: Sample) => Promise<Measure> {
  const length = (asked: Parameters<typeof encodePrompt>[1], images: readonly RgbImage[]) =>
    encodePrompt(policy, asked, images, showing).ids.length;
  const bare = bareLength(policy);
  const bySize = new Map<string, number | string>();
  /** Tokens, or why there are none. */
  const costOf = (width: number, height: number): number | string => {
    const key = `${width}×${height}`;
    let cost = bySize.get(key);
    if (cost === undefined) {
      try {
        cost = length(probe, [bounded(policy, blank(width, height), showing)]) - bare;
      } catch (error) {
        cost = sentence(error);
      }
      bySize.set(key, cost);
    }
    return cost;
  };
  const count = async (sample: Sample): Promise<Measure> => {
    const small = sample.images.map(() => blank(28, 28));
    const ofSmall = small.length === 0 ? 0 : costOf(28, 28);
    let tokens: number;
    try {
      tokens = length(renderTurns(sample, showing.template), small);
    } catch (error) {
      throw new UnusableSample(
        'question',
        `what cannot be made a prompt (${sentence(error)})`,
        'a question that the model can be asked',
      );
    }
    if (typeof ofSmall === 'string') return { tokens, ofPictures: 0, refused: ofSmall };
    let ofPictures = 0;
    for (const image of sample.images) {
      const { width, height } = readImageHeader(await image.bytes());
      const cost = costOf(width, height);
      if (typeof cost === 'string') return { tokens, ofPictures: 0, refused: cost };
      ofPictures += cost;
    }
    return { tokens: tokens + ofPictures - small.length * ofSmall, ofPictures };
  };
  const known = new WeakMap<Sample, Promise<Measure>>();
  return (sample) => {
    const found = known.get(sample) ?? count(sample);
    known.set(sample, found);
    return found;
  };
}

/** An empty question, to measure the tokens around one. */
const probe = 'What is in the picture?';

/**
 * Measures the tokens around an empty question.
 *
 * @param policy encodes.
 * @param images pictures of the question.
 * @returns tokens.
 * @throws UserError when the model cannot encode any question, so that no row is blamed for it.
 */
export function bareLength(policy: ReadingOptions['policy'], images: readonly RgbImage[] = []): number {
  try {
    return encodePrompt(policy, probe, images).ids.length;
  } catch (error) {
    const asked = images.length === 0 ? 'a question' : 'a question with a picture';
    throw new UserError(`model: ${asked} cannot be put to it: ${sentence(error)}.`);
  }
}

/** An error's message without the function that threw it. */
function sentence(error: unknown): string {
  return (error as Error).message.replace(/^[\w.]+: /, '').replace(/\.$/, '');
}

/**
 * Makes a black picture.
 *
 * @param width in pixels.
 * @param height in pixels.
 * @returns the picture.
 */
export const blank = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(3 * width * height),
});
