import type { DetectionOptions } from '@cppo/entropy-detect';
import { createPreset, type ViewPreset } from '@cppo/perturb';
import { checkOutputFile, coloursOf, inspectionText, pageHtml, UserError, writeWholeFile } from '@cppo/run';
import { asPictures, inspectPictures, type PictureSettings } from '@cppo/training';
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
  const views = presetNamed(options.views);
  const { completion: answer, prompt: question, score, base, ratio, seed, maxTokens } = options;
  const { model, images, showing } = await openWithImages(options, [
    ...(answer === undefined ? (['generate'] as const) : (['tokenizer.encode'] as const)),
    ...(['score', 'tokenizer.decode'] as const),
  ]);
  const detection = { score, base, ratio };
  const { policy, ids, tokens, pictures } = await inspectPictures(model, {
    ...{ question, images, showing, views, seed, maxTokens, detection },
    ...(answer !== undefined && { answer }),
    temperature: options.temperature,
  });
  const arithmetic = heldArithmetic(policy, options);
  const settings = [
    `views ${options.views}, seed ${seed}`,
    `detection ${score}, ${ratio} of the ${base} tokens`,
    temperatures(options),
    ...heldInWords(arithmetic),
  ];
  if (options.json) {
    console.log(
      JSON.stringify({
        model: options.model,
        prompt: question,
        completion: policy.tokenizer.decode(Array.from(ids)),
        views: options.views,
        seed,
        temperature: options.temperature || 1,
        ...(answer === undefined && { answerTemperature: options.temperature }),
        ...{ detection, arithmetic, tokens },
      }),
    );
  } else
    console.log(inspectionText(tokens, settings, coloursOf(process.stdout), process.stdout.columns || 80));
  if (options.html !== undefined) {
    const page = {
      kind: 'inspection',
      ...{ title: question, model: options.model, settings, tokens },
      pictures: await asPictures(pictures),
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
