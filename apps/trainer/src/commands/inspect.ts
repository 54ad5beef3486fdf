import type { DetectionOptions } from '@cppo/entropy-detect';
import { createPreset, makeViews, seededRandom, type ViewPreset } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { checkOutputFile, coloursOf, inspectionText, pageHtml, UserError, writeWholeFile } from '@cppo/run';
import {
  asPictures,
  encodeQuestion,
  inspectAnswer,
  type PictureSettings,
  Progress,
  tokensOf,
} from '@cppo/training';
import type { TrainedPolicy } from '../components/index.js';
import { heldArithmetic, heldInWords, type ModelChoice, openWithImages } from './open-model.js';

interface InspectOptions extends ModelChoice, PictureSettings {
  readonly model: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly completion?: string;
  readonly views: string;
  readonly score: NonNullable<DetectionOptions['score']>;
  readonly base: NonNullable<DetectionOptions['base']>;
  readonly ratio: number;
  /** Of the sampling and, as in training, of the entropies; 0 takes the likeliest token and leaves the entropies at 1. */
  readonly temperature: number;
  readonly seed: number;
  readonly maxTokens: number;
  readonly html?: string;
  readonly json?: boolean;
}

/** `cppo inspect`: which tokens of an answer depend on the picture, found by how much their entropy rises without it. */
export async function inspect(options: InspectOptions): Promise<void> {
  checkOutputFile('--html', options.html);
  const preset = presetNamed(options.views);
  const { model, images, showing } = await openWithImages(options, [
    ...(options.completion === undefined ? (['generate'] as const) : (['tokenizer.encode'] as const)),
    ...(['score', 'tokenizer.decode'] as const),
  ]);
  // Before the views are drawn, so that a prompt that is too long is reported at once.
  const prompt = encodeQuestion(model.encoder, options.prompt, images, showing);
  const given = options.completion === undefined ? undefined : tokensOf(model.encoder, options.completion);
  const tokens = given?.length ?? options.maxTokens;
  const policy = await model.load({
    prompt: model.sizeOf(prompt),
    ...(given === undefined ? { sampling: { prompts: 1, completions: 1, tokens } } : {}),
    scoring: { prompts: 1, completions: 1, tokens, views: 0 },
  });
  const progress = new Progress('inspect', 3);
  const views = images.map((image, i) => makeViews(image, preset, seededRandom(options.seed, i)));
  const removed = views.map(({ removing }) => removing[0]!);
  progress.update(1, 'views drawn');
  const ids = given ?? (await sampled(policy, prompt, options));
  progress.update(2, 'answered');
  const temperature = options.temperature || 1;
  const inspected = await inspectAnswer(policy, {
    prompt,
    withoutPicture: encodeQuestion(model.encoder, options.prompt, removed, showing),
    tokens: ids,
    temperature,
    detection: { score: options.score, base: options.base, ratio: options.ratio },
  });
  progress.update(3, 'scored');
  progress.stop();
  const arithmetic = heldArithmetic(policy, options);
  const settings = [
    `views ${options.views}, seed ${options.seed}`,
    `detection ${options.score}, ${options.ratio} of the ${options.base} tokens`,
    temperatures(options),
    ...heldInWords(arithmetic),
  ];
  if (options.json) {
    const { views: viewsName, score, base, ratio, seed } = options;
    const completion = policy.tokenizer.decode(Array.from(ids));
    const detection = { score, base, ratio };
    console.log(
      JSON.stringify({
        model: options.model,
        prompt: options.prompt,
        completion,
        views: viewsName,
        seed,
        temperature,
        ...(options.completion === undefined && { answerTemperature: options.temperature }),
        detection,
        arithmetic,
        tokens: inspected,
      }),
    );
  } else
    console.log(inspectionText(inspected, settings, coloursOf(process.stdout), process.stdout.columns || 80));
  if (options.html !== undefined) {
    const pictures = await asPictures({
      original: images,
      preserving: views.map(({ preserving }) => preserving),
      removing: removed,
    });
    const page = {
      kind: 'inspection',
      title: options.prompt,
      model: options.model,
      settings,
      tokens: inspected,
      pictures,
    } as const;
    writeWholeFile(options.html, pageHtml(page));
    console.error(options.html);
  }
}

/** An answer of likeliest tokens has a temperature of 0, which entropies cannot have. */
function temperatures({ temperature, completion }: InspectOptions): string {
  const entropies = `entropies at temperature ${temperature || 1}`;
  if (completion !== undefined) return `the answer as given, ${entropies}`;
  return temperature === 0 ? `answer of likeliest tokens, ${entropies}` : `answer and ${entropies}`;
}

function presetNamed(name: string): ViewPreset {
  try {
    return createPreset(name);
  } catch (error) {
    throw new UserError(`--views: ${(error as Error).message}`);
  }
}

async function sampled(
  policy: TrainedPolicy,
  prompt: EncodedPrompt,
  options: InspectOptions,
): Promise<Int32Array> {
  const { maxTokens, temperature, seed } = options;
  const [group] = await policy.generate([prompt], { completions: 1, maxTokens, temperature, seed });
  return group![0]!.tokens;
}
