import { aKind, type Blame, hasMethods, isTensor, wrongCompletions } from '@cppo/training';
import type { PolicyLoadOptions, TrainedPolicy } from './policy.js';

type Method = (...parameters: never[]) => unknown;

/**
 * The policy that a loader of the user's own gave, if it has what its use asks for; what its methods do wrong is told as
 * its own.
 *
 * @param options as it was loaded: a reference policy is only asked for scores, adapters only with LoRA.
 */
export function checkedPolicy(
  policy: unknown,
  { trainable = true, lora, adapter }: PolicyLoadOptions,
  blame: Blame,
): TrainedPolicy {
  const adapted = lora !== undefined || adapter !== undefined;
  const needed = [
    ...['score', ...(trainable ? ['encode', 'generate', 'save'] : [])],
    ...(trainable && adapted ? ['saveAdapters', 'withoutAdapters'] : []),
  ];
  const lacking = needed.filter((name) => !hasMethods(policy, name)).map((name) => `${name}()`);
  const { variables, headWeight, tokenizer } = (policy ?? {}) as Record<string, unknown>;
  if (trainable) {
    if (!Array.isArray(variables)) lacking.push('variables (a list)');
    if (!isTensor(headWeight) && !hasMethods(headWeight, 'product', 'inputGradient'))
      lacking.push('headWeight (a tensor)');
    if (!hasMethods(tokenizer, 'decode')) lacking.push('tokenizer.decode()');
  }
  if (lacking.length > 0) {
    throw blame.wrong('it', `${aKind(policy)}, without ${lacking.join(', ')}`, 'a policy that has them');
  }
  return watched(policy as TrainedPolicy, blame);
}

/** Methods run on the policy itself, which may have private parts. */
function watched(policy: TrainedPolicy, blame: Blame): TrainedPolicy {
  const methods = new Map<PropertyKey, Method>(Object.entries(checkedMethods(policy, blame)));
  return new Proxy(policy, {
    get(target, key) {
      const checked = methods.get(key);
      if (checked !== undefined) return checked;
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const bound = value.bind(target) as Method;
      methods.set(key, bound);
      return bound;
    },
  });
}

function checkedMethods(
  policy: TrainedPolicy,
  blame: Blame,
): Pick<TrainedPolicy, 'encode' | 'generate' | 'score' | 'save'> {
  return {
    encode(input) {
      const expected = 'an encoded prompt, an object with ids and images';
      const encoded: unknown = blame.now('encode()', expected, () => policy.encode(input), 'theirs');
      const { ids, images } = (encoded ?? {}) as { ids?: unknown; images?: unknown };
      if (!(ids instanceof Int32Array) || !Array.isArray(images))
        throw blame.wrong('encode()', aKind(encoded), expected);
      return encoded as ReturnType<TrainedPolicy['encode']>;
    },
    async generate(prompts, options) {
      const count = options?.completions ?? 1;
      const expected = `a list of ${count} completions for each of the ${prompts.length} prompts`;
      const groups: unknown = await blame.later('generate()', () => policy.generate(prompts, options));
      if (!Array.isArray(groups) || groups.length !== prompts.length)
        throw blame.wrong('generate()', aKind(groups), expected);
      for (const [i, group] of groups.entries()) {
        const wrong = wrongCompletions(group);
        if (wrong !== undefined)
          throw blame.wrong('generate()', `${wrong.found} for prompt ${i}`, wrong.expected);
        if (group.length !== count)
          throw blame.wrong('generate()', `${group.length} completions for prompt ${i}`, expected);
      }
      return groups;
    },
    score(requests, options) {
      const expected = 'the tensors logProbs, entropies and mask, each [B, T]';
      const scores: unknown = blame.now('score()', expected, () => policy.score(requests, options));
      const { logProbs, entropies, mask, hidden } = (scores ?? {}) as Record<string, unknown>;
      const rows = requests.reduce((sum, { completions }) => sum + completions.length, 0);
      const shapes = [logProbs, entropies, mask].map((each) => (isTensor(each) ? each.shape : undefined));
      const fits = shapes.every((shape) => shape?.length === 2 && `${shape}` === `${shapes[0]}`);
      if (!fits || shapes[0]![0] !== rows) {
        const found = shapes.some((shape) => shape === undefined)
          ? aKind(scores)
          : `tensors of shapes ${shapes.map((shape) => `[${shape}]`).join(', ')}`;
        throw blame.wrong('score()', found, `${expected}, here of ${rows} rows`);
      }
      if (options?.hidden && !isTensor(hidden))
        throw blame.wrong('score()', aKind(scores), 'also hidden, a tensor [B, T, D], when it is asked for');
      return scores as ReturnType<TrainedPolicy['score']>;
    },
    async save(directory, options) {
      try {
        await policy.save(directory, options);
      } catch (thrown) {
        // A disk that is full or read-only is nobody's module; the run says it.
        throw typeof (thrown as NodeJS.ErrnoException)?.code === 'string'
          ? thrown
          : blame.threw('save()', thrown);
      }
    },
  };
}
