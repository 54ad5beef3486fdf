import type { PreparedTerm } from '@cppo/grpo';
import { getBackend, type Scalar } from '@tensorflow/tfjs-core';
import type { ExtraTerm } from '../contract/parts.js';
import type { Blame } from './blame.js';
import { isTensor, termGradient } from './gradient-check.js';
import { aKind, hasMethods } from './kinds.js';

/**
 * Wraps a custom loss term so that malformed losses, and losses that never have a gradient, are reported.
 *
 * @param term a loss term.
 * @param blame names its module in messages.
 * @returns the same term; it throws a ModuleError.
 */
export function checkedTerm<P>(term: ExtraTerm<P>, blame: Blame): ExtraTerm<P> {
  let learns = false;
  let told = false;
  const expected = 'an object with loss(groups, original) and perhaps needs(group), metrics() and dispose()';
  return {
    name: term.name,
    hidden: term.hidden === true,
    views: term.views !== false,
    async prepare(batch, policy, context) {
      const prepared: unknown = await blame.later('prepare()', () => term.prepare(batch, policy, context));
      if (!hasMethods(prepared, 'loss')) throw blame.wrong('prepare()', aKind(prepared), expected);
      const inner = prepared as PreparedTerm<P>;
      let asked = false;
      return {
        loss(groups, original) {
          const loss = (): Scalar => {
            const found: unknown = blame.now('loss()', 'a scalar', () => inner.loss(groups, original));
            if (!isTensor(found)) throw blame.wrong('loss()', aKind(found), 'a scalar, a tensor of shape []');
            if (found.shape.length > 0)
              throw blame.wrong('loss()', `a tensor of shape [${found.shape}]`, 'a scalar, of shape []');
            return found as Scalar;
          };
          asked = true;
          if (learns) return loss();
          const checked = termGradient(loss, original, policy.variables, blame);
          learns = checked.moves;
          if (!checked.connected && isConstant(checked.loss)) {
            throw blame.error(
              'the loss is a constant: it has no gradient, so nothing could be learnt from it; expected operations of TensorFlow.js all the way from the scores',
            );
          }
          return checked.loss as Scalar;
        },
        ...(inner.needs && {
          needs: (group) => blame.now('needs()', 'true or false', () => inner.needs!(group)),
        }),
        metrics: async () => {
          if (asked && !learns && !told) {
            told = true;
            blame.notice('its loss had no gradient at this step, so it teaches nothing so far');
          }
          const figures: unknown = (await blame.later('metrics()', () => inner.metrics?.())) ?? {};
          const odd = Object.entries(figures as object).find(([, value]) => typeof value !== 'number');
          if (typeof figures !== 'object' || Array.isArray(figures) || odd !== undefined) {
            const found = odd === undefined ? aKind(figures) : `${aKind(odd[1])} for ${odd[0]}`;
            throw blame.wrong('metrics()', found, 'numbers by name');
          }
          return figures as Record<string, number>;
        },
        dispose: () => inner.dispose?.(),
      };
    },
  };
}

/** A loss of 0 may have nothing to do yet; another that depends on nothing never will. */
function isConstant(loss: { dataSync(): ArrayLike<number> }): boolean {
  return getBackend() !== 'webgpu' && loss.dataSync()[0] !== 0;
}
