import { z } from 'zod';

const weight = z.number().min(0);

/** Options of PAPO's perception term, as the objective and as a term beside another objective. */
export const papoOptions = z.strictObject({
  gamma: weight.default(0.01).describe('γ, weight of the implicit perception term.'),
  entropyOriginal: weight.default(0.03).describe('η₁, weight of the entropy under the original image.'),
  entropyMasked: weight.default(0.03).describe('η₂, weight of the entropy under the masked image.'),
  clamp: z.number().positive().default(0.2).describe('Bound of the divergence of a token, nats.'),
});
