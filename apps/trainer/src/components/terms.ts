import { entropyTerm, type LossTerm, papoTerm } from '@cppo/grpo';
import type { EncodedPrompt } from '@cppo/policy-qwen';
import { z } from 'zod';
import type { Config } from '../config/schema.js';
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
export function extraTerms({ objective: { terms } }: Config): Promise<ExtraTerm[]> {
  return Promise.all(terms.map((spec, i) => component(`objective.terms.${i}`, spec, kind)));
}
