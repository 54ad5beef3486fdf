import { type PromptTemplate, promptTemplates } from '@cppo/dataset/prompts';
import { UserError } from '@cppo/run/errors';
import type { PictureSettings, Showing } from '../contract/showing.js';
import { isBuiltIn } from './builtin.js';
import { type ModelNotes, readNotes } from './model-notes.js';

/** What is left open, and is decided once the model is there. */
export interface Wish extends PictureSettings {
  readonly template: string;
  /** Whose samples are asked about. */
  readonly data: unknown;
}

/** A decision, and what it was made by. */
export interface Settled extends Showing {
  /** Name of the template, or its text, as in config.json. */
  readonly templateName: string;
  readonly why: string;
}

/**
 * Resolves what a configuration leaves open. `auto` is the template the model was trained with, according to
 * its directory; without one it is the paper's instruction, or the bare question for the built-in tasks.
 * Pictures are shown as the model was trained to see them, unless specified otherwise.
 *
 * @param wish the settings.
 * @param policy the opened model.
 * @param prefix of keys in messages.
 * @returns template, background and bounds, and the reason for the template.
 * @throws UserError when a bound or the template is invalid.
 */
export function settle(wish: Wish, policy: unknown, prefix = 'data.'): Settled {
  const notes = readNotes(policy);
  const { name, why } = templateFor(wish, notes);
  const background = wish.background === 'auto' ? undefined : wish.background;
  const settled = {
    template: templateNamed(name, `${prefix}template`),
    templateName: name,
    why,
    background: background ?? notes.background ?? 'drop',
    minPixels: wish.minPixels ?? smaller(notes.minPixels, wish.maxPixels),
    maxPixels: wish.maxPixels ?? larger(notes.maxPixels, wish.minPixels),
  };
  const { minPixels, maxPixels } = settled;
  if (minPixels !== undefined && maxPixels !== undefined && minPixels > maxPixels) {
    throw new UserError(
      `${prefix}minPixels: found ${minPixels}, expected at most ${prefix}maxPixels, which is ${maxPixels}.`,
    );
  }
  return settled;
}

/** A bound of the model yields to the other bound when that one is set. */
const smaller = (noted: number | undefined, bound: number | undefined) =>
  noted === undefined || bound === undefined ? noted : Math.min(noted, bound);
const larger = (noted: number | undefined, bound: number | undefined) =>
  noted === undefined || bound === undefined ? noted : Math.max(noted, bound);

function templateFor({ template, data }: Wish, notes: ModelNotes): { name: string; why: string } {
  if (template !== 'auto') return { name: template, why: 'as asked for' };
  if (notes.template !== undefined) return { name: notes.template, why: 'what the model was trained with' };
  return isBuiltIn(data)
    ? { name: 'question', why: 'built-in tasks ask bare questions' }
    : { name: 'cppo', why: "the paper's; the model says nothing of its own" };
}

/**
 * Resolves a template.
 *
 * @param text its name, or its text with `{question}`.
 * @param key of the configuration, for messages.
 * @returns the template.
 * @throws UserError when it is neither.
 * @example
 * templateNamed('Look: {question}'); // { name: 'own', text: 'Look: {question}' }
 */
export function templateNamed(text: string, key = 'data.template'): PromptTemplate {
  if (Object.hasOwn(promptTemplates, text)) return promptTemplates[text as keyof typeof promptTemplates];
  if (text.includes('{question}')) return { name: 'own', text };
  throw new UserError(
    `${key}: found ${JSON.stringify(text)}, expected one of auto, ${Object.keys(promptTemplates).join(', ')} or a text with {question}.`,
  );
}

/** What settings say of how samples are shown. */
export interface ShownData {
  template: string;
  background: string;
  minPixels?: number | undefined;
  maxPixels?: number | undefined;
}

/**
 * Replaces what the settings left open by what was resolved.
 *
 * @param settings of a run.
 * @param settled by `settle`.
 * @returns the settings without `auto`.
 */
export function withSettled<S extends { readonly data: ShownData }>(
  settings: S,
  { templateName, background, minPixels, maxPixels }: Settled,
): S {
  const data = { ...settings.data, template: templateName, background: background ?? 'drop' };
  if (minPixels !== undefined) data.minPixels = minPixels;
  if (maxPixels !== undefined) data.maxPixels = maxPixels;
  return { ...settings, data };
}
