import type { Head, TokenScores } from '@cppo/grpo';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * A custom distance between the token distributions of two passes: a tensor [B, T], nats, differentiable. It is clamped
 * to ±10 afterwards. `hidden` on the function asks for hidden states, for distances over the whole vocabulary: their
 * logits are `headWeight.product` of them.
 */
export interface TokenDistance {
  (
    anchor: TokenScores,
    view: TokenScores,
    context: { readonly temperature: number; readonly headWeight: Head },
  ): Tensor;
  readonly hidden?: boolean;
}
