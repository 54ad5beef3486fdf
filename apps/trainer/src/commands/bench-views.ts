import { measureViews, usualViews, viewsTable } from '@cppo/bench/experiments';
import { createPreset, type Perturbation, type PerturbationSpec } from '@cppo/perturb';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import {
  answering,
  chooseAsking,
  encodePrompt,
  largestOf,
  loadToAnswer,
  Progress,
  type Prompt,
  preparePrompt,
} from '@cppo/training';
import { parse as parseYaml } from 'yaml';
import { openHeldOutSource } from '../data/open-samples.js';
import { askingOf } from './eval-options.js';
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

/** `cppo bench views`: how much a model still gets right under each perturbation. */
export async function benchViews(options: ViewsOptions): Promise<void> {
  const { model, data, samples, seed } = options;
  const views = (options.view.length > 0 ? options.view : usualViews).map(
    (text) => [text, perturbationOf(text)] as const,
  );
  const known = await openModel(model, options, ['generate']);
  const { encoder } = known;
  const { showing, maxTokens, chosen } = chooseAsking(
    encoder,
    data,
    askingOf({ ...options, template: 'auto' }),
  );
  const source = await openHeldOutSource(data, { policy: encoder, showing, maxTokens }, '--data');
  for (const line of chosen) console.error(line);
  try {
    const prompts: Prompt<EncodedPrompt>[] = [];
    for (const { sample } of await source.take(0, Math.min(options.questions, source.length))) {
      prompts.push(await preparePrompt(encoder, sample, 0, showing));
    }
    const largest = largestOf(prompts.map(({ encoded }) => known.sizeOf(encoded)));
    const { generator } = await loadToAnswer(known, largest, { samples, maxTokens });
    const rows = await measureViews({
      policy: answering(generator),
      questions: prompts.map(({ sample, images, turns }) => ({
        sample,
        images,
        encode: (seen) => encodePrompt(encoder, turns, seen, showing),
      })),
      ...{ views, samples, maxTokens, seed },
      showProgress: (title, total) => new Progress(title, total),
    });
    console.log(options.json ? JSON.stringify(rows, null, 2) : viewsTable(rows));
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
    return createPreset({ preserving: spec, removing: 'identity' }).preserving;
  } catch (error) {
    throw new UserError(`--view: ${(error as Error).message}`);
  }
}
