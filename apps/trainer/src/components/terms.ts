import { entropyTerm, papoTerm } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { UserError } from '@cppo/run';
import {
  type BuiltIn,
  type ComponentKind,
  type ComponentSpec,
  checkedTerm,
  component,
  type ExtraTerm as ExtraTermOf,
  hasMethods,
  optionsOf,
} from '@cppo/training';
import { z } from 'zod';
import { papoOptions } from './papo-options.js';

/** A loss term as the trainer takes it. */
export type ExtraTerm = ExtraTermOf<EncodedPrompt>;

const entropyOptions = z.strictObject({ coefficient: z.number().min(0).default(0.01) });

/** Loss terms that a configuration can name. */
export const terms: BuiltIn<ExtraTerm> = {
  papo: (options, key) => papoTerm(optionsOf(key, papoOptions, options)),
  entropy: (options, key) => ({
    ...entropyTerm<EncodedPrompt>(optionsOf(key, entropyOptions, options)),
    views: false,
  }),
};

const kind: ComponentKind<ExtraTerm> = {
  expected: 'a loss term: an object with name and prepare(batch, policy, context)',
  accepts: (value) =>
    hasMethods(value, 'prepare') &&
    typeof (value as ExtraTerm).name === 'string' &&
    (value as ExtraTerm).name !== '',
  watch: checkedTerm,
  builtIn: terms,
};

/**
 * The loss terms that a configuration adds to those of its objective.
 *
 * @param own names of the objective's own terms, which no other may have.
 */
export async function extraTerms(
  specs: readonly ComponentSpec[],
  own: readonly string[],
): Promise<ExtraTerm[]> {
  const added = await Promise.all(specs.map((spec, i) => component(`objective.terms.${i}`, spec, kind)));
  const taken = new Set(own);
  for (const [i, { name }] of added.entries()) {
    if (taken.has(name)) {
      throw new UserError(
        `objective.terms.${i}: found a term named ${JSON.stringify(name)}, expected another name than ${[...taken].join(', ')}.`,
      );
    }
    taken.add(name);
  }
  return added;
}
