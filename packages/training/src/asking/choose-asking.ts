import { requireNames } from '@cppo/checked-options';
import type { PictureSettings } from '../contract/showing.js';
import { isBuiltIn } from '../samples/builtin.js';
import { readNotes } from '../samples/model-notes.js';
import { type Settled, settle, templateNamed } from '../samples/settle-showing.js';

/** What a command line says of the questions to a model. */
export interface AskingOptions extends PictureSettings {
  readonly template: string;
  readonly maxTokens?: number;
}

/**
 * Says what is wrong with a template before anything heavy is loaded.
 *
 * @param template its name, its text, or `auto`.
 * @throws UserError when it is none.
 */
export function checkTemplate(template: string): void {
  if (template !== 'auto') templateNamed(template, '--template');
}

/** How a model is asked. */
export interface Asking {
  readonly showing: Settled;
  readonly maxTokens: number;
  /** What was chosen and why, in lines to be said. */
  readonly chosen: readonly string[];
  /** All of it, for the record. */
  readonly settings: {
    readonly template: string;
    readonly maxTokens: number;
    readonly background?: string;
    readonly minPixels?: number;
    readonly maxPixels?: number;
  };
}

/**
 * Asks a model as it was trained, but for what the command line says.
 *
 * @param policy  whose notes say how it was trained.
 * @param data    whose samples are asked about; the built-in tasks take short answers.
 * @param options what the command line says.
 * @returns how samples are shown, how long answers may be, and why.
 * @throws UserError when the notes of the model hold something else.
 */
export function chooseAsking(policy: unknown, data: unknown, options: AskingOptions): Asking {
  requireNames('chooseAsking', options, {
    template: true,
    maxTokens: true,
    background: true,
    minPixels: true,
    maxPixels: true,
  });
  const showing = settle({ ...options, data }, policy, '--');
  const trained = readNotes(policy).maxTokens;
  const maxTokens = options.maxTokens ?? trained ?? (isBuiltIn(data) ? 32 : 2048);
  const { background, minPixels, maxPixels } = showing;
  const limit =
    options.maxTokens !== undefined
      ? 'as asked for'
      : trained !== undefined
        ? 'what the model was trained with'
        : 'the model says nothing of its own';
  return {
    showing,
    maxTokens,
    chosen: [
      `template   ${showing.templateName} (${showing.why})`,
      `answers    up to ${maxTokens} tokens (${limit})`,
    ],
    settings: {
      template: showing.template.text,
      maxTokens,
      ...(background !== undefined && background !== 'drop' && { background }),
      ...(minPixels !== undefined && { minPixels }),
      ...(maxPixels !== undefined && { maxPixels }),
    },
  };
}
