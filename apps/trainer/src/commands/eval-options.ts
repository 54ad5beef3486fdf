import type { PictureSettings } from '@cppo/training';
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
