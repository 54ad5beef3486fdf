import { type PromptTemplate, promptTemplates } from '@cppo/dataset';
import { UserError } from '../user-error.js';
import { isBuiltIn } from './builtin.js';

/** What `auto` looks at. */
interface Asked {
  readonly data: unknown;
  readonly model: string;
}

/**
 * The template that a configuration names, or its own text.
 *
 * `auto` is the paper's instruction; but the built-in tasks, and the tiny model that was brought up on them, ask the
 * bare question.
 */
export function templateNamed(text: string, { data, model }: Asked): PromptTemplate {
  if (text === 'auto') return promptTemplates[isBuiltIn(data) || model === 'tiny' ? 'question' : 'cppo'];
  if (Object.hasOwn(promptTemplates, text)) return promptTemplates[text as keyof typeof promptTemplates];
  if (text.includes('{question}')) return { name: 'own', text };
  throw new UserError(
    `data.template: found ${JSON.stringify(text)}, expected one of auto, ${Object.keys(promptTemplates).join(', ')} or a text with {question}.`,
  );
}

/** The template of a run, for training and evaluation alike. */
export function templateOf(config: {
  readonly model: string;
  readonly data: { readonly train: unknown; readonly template: string };
}): PromptTemplate {
  return templateNamed(config.data.template, { data: config.data.train, model: config.model });
}
