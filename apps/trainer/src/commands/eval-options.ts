import type { AskingOptions, PictureSettings } from '@cppo/training';
import type { ModelChoice } from './open-model.js';

export interface EvalOptions extends ModelChoice, PictureSettings {
  readonly model: string;
  readonly data: readonly string[];
  readonly samples: number;
  readonly temperature: number;
  readonly questions?: number;
  readonly maxTokens?: number;
  readonly template: string;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** Of what a command line says, how the model is to be asked. */
export function askingOf({
  template,
  maxTokens,
  background,
  minPixels,
  maxPixels,
}: AskingOptions): AskingOptions {
  return { template, background, minPixels, maxPixels, ...(maxTokens === undefined ? {} : { maxTokens }) };
}
