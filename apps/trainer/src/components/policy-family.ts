import {
  type BuiltIn,
  type ComponentKind,
  type ComponentSpec,
  checkedFamily,
  component,
  hasMethods,
  without,
} from '@cppo/training';
import type { PolicyFamily, PolicyLoader } from './policy.js';
import { qwen } from './qwen.js';

export const policies: BuiltIn<PolicyLoader | PolicyFamily> = { qwen: without(qwen) };

const kind: ComponentKind<PolicyLoader | PolicyFamily> = {
  expected: 'a function (source, options) that loads a policy, or an object with such a function as load',
  accepts: (value) => typeof value === 'function' || hasMethods(value, 'load'),
  watch: checkedFamily,
  builtIn: policies,
};

/**
 * The family that a configuration or a command line names.
 *
 * @param key that named it, for messages.
 */
export async function policyFamily(spec: ComponentSpec, key = 'policy'): Promise<PolicyFamily> {
  const chosen = await component(key, spec, kind);
  return typeof chosen === 'function' ? { load: chosen } : chosen;
}
