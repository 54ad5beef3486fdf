import type { PromptTemplate } from '@cppo/dataset';
import type { PixelBounds } from './policy.js';

/** What becomes of a picture before the model sees it; bounds that are left out are those of the model's preprocessor. */
export interface PictureSettings extends PixelBounds {
  /** What replaces transparency: drop (the colours beneath, as transformers does), white, black or #rrggbb. Default drop. */
  readonly background?: string | undefined;
}

/** How samples are shown to a model: what is asked, and in what form pictures are seen. */
export interface Showing extends PictureSettings {
  readonly template: PromptTemplate;
}
