import { entropyTerm, type LossTerm, papoTerm } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { z } from 'zod';
import type { Config } from '../config/schema.js';
import { UserError } from '../user-error.js';
import { type ComponentKind, component, hasMethods, optionsOf } from './component.js';

/** A loss term as the trainer takes it. */
export type ExtraTerm = LossTerm<EncodedPrompt> & {
  /** False when it looks at no view of the image, so that none need be drawn for it. Default true. */
  readonly views?: boolean;
};

const weight = z.number().min(0);
const papoOptions = z.strictObject({
  gamma: weight.default(0.01),
  entropyOriginal: weight.default(0.03),
  entropyMasked: weight.default(0.03),
  clamp: z.number().positive().default(0.2),
});
const entropyOptions = z.strictObject({ coefficient: weight.default(0.01) });

const kind: ComponentKind<ExtraTerm> = {
  expected: 'a loss term: an object with name and prepare(batch, policy, context)',
  accepts: (value) => hasMethods(value, 'prepare') && typeof (value as ExtraTerm).name === 'string',
  builtIn: {
    papo: (options, key) => papoTerm(optionsOf(key, papoOptions, options)),
    entropy: (options, key) => ({
      ...entropyTerm<EncodedPrompt>(optionsOf(key, entropyOptions, options)),
      views: false,
    }),
  },
};

/** The loss terms that a configuration adds to those of its objective. */
export async function extraTerms({ objective }: Config): Promise<ExtraTerm[]> {
  const terms = await Promise.all(
    objective.terms.map((spec, i) => component(`objective.terms.${i}`, spec, kind)),
  );
  const taken = new Set([
    'policy',
    ...(objective.kl.coefficient > 0 ? ['kl'] : []),
    ...(objective.entropyBonus > 0 ? ['entropy'] : []),
    ...(objective.type === 'papo' || objective.type === 'cppo' ? [objective.type] : []),
  ]);
  for (const [i, { name }] of terms.entries()) {
    if (taken.has(name)) {
      throw new UserError(
        `objective.terms.${i}: found a term named ${JSON.stringify(name)}, expected another name than ${[...taken].join(', ')}.`,
      );
    }
    taken.add(name);
  }
  return terms;
}
