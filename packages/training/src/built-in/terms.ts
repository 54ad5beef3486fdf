import { entropyTerm, papoTerm } from '@cppo/grpo';
import { UserError } from '@cppo/run';
import { z } from 'zod';
import { checkedTerm } from '../checked/checked-term.js';
import { hasMethods } from '../checked/kinds.js';
import { type BuiltIn, type ComponentKind, component, optionsOf } from '../components/component.js';
import type { ComponentSpec } from '../components/spec.js';
import type { ExtraTerm } from '../contract/parts.js';
import type { Encoded } from '../contract/policy.js';
import { papoOptions } from './papo-options.js';

const entropyOptions = z.strictObject({ coefficient: z.number().min(0).default(0.01) });

/** Loss terms that a configuration can name. */
export const terms: BuiltIn<ExtraTerm<Encoded>> = {
  papo: (options, key) => papoTerm(optionsOf(key, papoOptions, options)),
  entropy: (options, key) => ({
    ...entropyTerm<Encoded>(optionsOf(key, entropyOptions, options)),
    views: false,
  }),
};

const kind: ComponentKind<ExtraTerm<Encoded>> = {
  expected: 'a loss term: an object with name and prepare(batch, policy, context)',
  accepts: (value) =>
    hasMethods(value, 'prepare') && 'name' in value && typeof value.name === 'string' && value.name !== '',
  watch: checkedTerm,
  builtIn: terms,
};

/**
 * The loss terms that a configuration adds to those of its objective.
 *
 * @param specs of the terms, in the order of the configuration.
 * @param own names of the objective's own terms, which no other may have.
 * @returns the terms.
 * @throws UserError when one cannot be made, or has the name of another.
 */
export async function extraTerms<P extends Encoded>(
  specs: readonly ComponentSpec[],
  own: readonly string[],
): Promise<ExtraTerm<P>[]> {
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
