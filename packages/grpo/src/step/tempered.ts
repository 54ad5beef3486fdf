import type { Policy } from '../policy.js';

/** The same policy, scoring at this temperature by default, so that all terms of a step agree. */
export function tempered<P>(policy: Policy<P>, temperature: number): Policy<P> {
  return {
    get variables() {
      return policy.variables;
    },
    get headWeight() {
      return policy.headWeight;
    },
    score: (requests, options) => policy.score(requests, { temperature, ...options }),
    generate: (prompts, options) => policy.generate(prompts, options),
  };
}
