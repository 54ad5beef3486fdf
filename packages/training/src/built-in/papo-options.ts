import { papoDefaults } from '@cppo/grpo';
import { z } from 'zod';

const weight = z.number().min(0);

/** Options of PAPO's perception term, as the objective and as a term beside another objective. */
export const papoOptions = z.strictObject({
  gamma: weight.default(papoDefaults.gamma).describe('γ, weight of the implicit perception term.'),
  entropyOriginal: weight
    .default(papoDefaults.entropyOriginal)
    .describe('η₁, weight of the entropy under the original image.'),
  entropyMasked: weight
    .default(papoDefaults.entropyMasked)
    .describe('η₂, weight of the entropy under the masked image.'),
  clamp: z
    .number()
    .positive()
    .default(papoDefaults.clamp)
    .describe('Bound of the divergence of a token, nats.'),
});
