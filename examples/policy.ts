import { type PolicyLoader, QwenPolicy } from '@cppo/trainer';

/** Trains only the parameters whose name matches; the rest of the model stays as it is. */
export default function only({ train = '\\.layers\\.' }: { train?: string }): PolicyLoader {
  return async (source, options) => {
    const policy = await QwenPolicy.load(source, options);
    for (const [name, { variable }] of policy.parameters) {
      if (variable) variable.trainable = variable.trainable && new RegExp(train).test(name);
    }
    return policy;
  };
}
