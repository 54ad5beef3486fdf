import { accuracies, bootstrapDifference, bootstrapMean, type Estimate, evaluate } from '@cppo/bench';
import { createPreset, type Perturbation, type PerturbationSpec, seededRandom } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { createReward } from '@cppo/reward';
import { UserError } from '@cppo/run';
import { answering, encodePrompt, Progress, type Prompt, preparePrompt } from '@cppo/training';
import { parse as parseYaml } from 'yaml';
import { openHeldOutSource } from '../data/open-samples.js';
import { largestOf, sizeOf } from '../memory/prompt-size.js';
import { chooseAsking } from './choose-asking.js';
import { loadToAnswer } from './load-to-answer.js';
import { type ModelChoice, openModel } from './open-model.js';

interface ViewsOptions extends ModelChoice {
  readonly model: string;
  readonly data: string;
  readonly view: readonly string[];
  readonly questions: number;
  readonly samples: number;
  readonly maxTokens?: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** What is left of a model's accuracy when it looks at a view of the pictures. Shares are 0…1. */
export interface ViewRow {
  readonly view: string;
  readonly accuracy: Estimate;
  /** To the pictures as they are, over the same questions; absent for those. */
  readonly difference?: Estimate;
}

/** The authors' views, then other ways to hide parts. */
const usual = [
  ...['colorJitter', 'perspective', 'rotate', 'gaussianBlur'],
  ...['occlude', 'zoomCrop', 'patchMask', 'blackSquares'],
];
const unchanged = 'identity';

/**
 * `cppo bench views`: how much a model still gets right under each perturbation. The contrastive loss takes for granted that
 * preserving views leave the answer and removing ones take it away; whether they do is a matter of the model.
 */
export async function benchViews(options: ViewsOptions): Promise<void> {
  const { model, data, samples: samplesPerQuestion, seed } = options;
  const views = (options.view.length > 0 ? options.view : usual).map(
    (text) => [text, perturbationOf(text)] as const,
  );
  const known = await openModel(model, options);
  const { encoder } = known;
  const { showing, maxTokens, chosen } = chooseAsking(encoder, data, { ...options, template: 'auto' });
  const source = await openHeldOutSource(data, { policy: encoder, showing, maxTokens }, '--data');
  for (const line of chosen) console.error(line);
  try {
    const placed = await source.take(0, Math.min(options.questions, source.length));
    const prompts = new Map<string, Prompt<EncodedPrompt>>();
    for (const [place, { sample }] of placed.entries()) {
      prompts.set(String(place), await preparePrompt(encoder, sample, 0, showing));
    }
    const sizes = [...prompts.values()].map(({ encoded }) => sizeOf(encoded));
    const { generator } = await loadToAnswer(known, largestOf(sizes), {
      samples: samplesPerQuestion,
      maxTokens,
    });
    const underView = async (view: string, perturb: Perturbation) => {
      const progress = new Progress(view, placed.length);
      try {
        const { outcomes } = await evaluate({
          policy: answering(generator),
          // Questions of a file may share an id, so they are told apart by their place.
          samples: placed.map(({ sample }, place) => ({ ...sample, id: String(place) })),
          encode: ({ id }) => {
            const { turns, images, sample } = prompts.get(id)!;
            const seen = images.map((image, i) => perturb(image, seededRandom(seed, sample.id, i)));
            return encodePrompt(encoder, turns, seen, showing);
          },
          reward: createReward(),
          ...{ samplesPerQuestion, maxTokens, seed },
          onProgress: ({ done, accuracy }) => progress.update(done, `accuracy ${accuracy.toFixed(3)}`),
        });
        return accuracies(outcomes);
      } finally {
        progress.stop();
      }
    };
    const before = await underView(unchanged, perturbationOf(unchanged));
    const rows: ViewRow[] = [{ view: unchanged, accuracy: bootstrapMean(before) }];
    for (const [view, perturb] of views) {
      if (view === unchanged) continue;
      const after = await underView(view, perturb);
      rows.push({ view, accuracy: bootstrapMean(after), difference: bootstrapDifference(before, after) });
    }
    console.log(options.json ? JSON.stringify(rows, null, 2) : table(rows));
  } finally {
    await source.close();
  }
}

/** A name, or what stands under `views` in a configuration: `{name: rotate, degrees: [-2, 2]}`. */
function perturbationOf(text: string): Perturbation {
  try {
    const spec = parseYaml(text) as PerturbationSpec;
    if (typeof spec !== 'string' && typeof spec?.name !== 'string') {
      throw new RangeError(`found ${text}, expected a perturbation's name or {name: …, option: value}.`);
    }
    return createPreset({ preserving: spec, removing: unchanged }).preserving;
  } catch (error) {
    throw new UserError(`--view: ${(error as Error).message}`);
  }
}

function table(rows: readonly ViewRow[]): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  const range = ({ value, low, high }: Estimate, show: (share: number) => string) =>
    `${show(value)} (${show(low)} to ${show(high)})`;
  const signed = (share: number) => `${share < 0 ? '−' : '+'}${percent(Math.abs(share))}`;
  return [
    '| view | right, % | minus unchanged, points |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ view, accuracy, difference }) =>
        `| ${view} | ${range(accuracy, percent)} | ${difference ? range(difference, signed) : '–'} |`,
    ),
  ].join('\n');
}
