import { QwenEncoder, qwenCapacity, weightFormats } from '@cppo/policy-qwen';
import { modelAmong } from './chosen-files.js';
import { bytesOf, rank, room, useOf } from './model-size.js';
import type { ChosenFiles, Survey, SurveyAnswer } from './survey-messages.js';
import { usualRun } from './train-messages.js';

const tokens = 48;
/** The widest picture that the page gives to a model. */
const picture = { width: 224, height: 224, data: new Uint8Array(3 * 224 * 224) };

/** Says of files what model they are and what it takes; reads no weight. */
export function serveSurveys(): void {
  addEventListener('message', ({ data }: MessageEvent<ChosenFiles>) => {
    survey(data).then(
      (found) => postMessage({ kind: 'surveyed', survey: found } satisfies SurveyAnswer),
      (error: unknown) =>
        postMessage({
          kind: 'failed',
          reason: error instanceof Error ? error.message : String(error),
        } satisfies SurveyAnswer),
    );
  });
}

async function survey(chosen: ChosenFiles): Promise<Survey> {
  const files = await modelAmong(chosen);
  const encoder = await QwenEncoder.open(files);
  const capacity = await qwenCapacity('', encoder);
  if (capacity === undefined) throw new RangeError('The size of this model is not known.');
  const prompt = capacity.sizeOf(encoder.encode({ prompt: 'What is in the picture?', images: [picture] }));
  const asking = { trained: 'nothing', prompt, prompts: 1, completions: 1, tokens, views: 0 } as const;
  const of = { prompt, tokens: 32, rank: capacity.adapter?.rank ?? rank };
  const { parameters } = capacity.footprint({
    ...{ packed: true, trained: 'nothing', reference: false, prompt },
    arithmetic: { cache: 'float32' },
  });
  const formats = new Set(encoder.stored.values());
  return {
    title: `${encoder.config.source.model_type}, ${inMillions(parameters)} parameters`,
    files,
    fileBytes: Object.values(files).reduce((sum, { size }) => sum + size, 0),
    adapterRank: capacity.adapter?.rank,
    stored: weightFormats.findLast((format) => formats.has(format)) ?? 'float32',
    needs: weightFormats.map((weights) => ({
      weights,
      asking: bytesOf(capacity, { ...asking, weights }),
      adapting: bytesOf(capacity, useOf({ ...usualRun, trained: 'adapters' }, { ...of, weights }, 1)),
    })),
    training: bytesOf(capacity, useOf({ ...usualRun, trained: 'all' }, { ...of, weights: undefined }, 1)),
    room,
  };
}

const inMillions = (count: number) =>
  count < 1e9 ? `${(count / 1e6).toFixed(2)} M` : `${(count / 1e9).toFixed(2)} G`;
