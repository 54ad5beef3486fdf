import type { Capacity } from '../contract/capacity.js';
import type { PolicyFamily, PolicyLoader, PolicyLoadOptions, PolicyPart } from '../contract/family.js';
import type { Encoded, TrainedPolicy } from '../contract/policy.js';
import type { Blame } from './blame.js';
import { isTensor } from './gradient-check.js';
import { aKind, hasMethods } from './kinds.js';
import { wrongCompletions } from './wrong-completions.js';

type Method = (...parameters: never[]) => unknown;

/**
 * A custom family; its results are checked against what their use requires, and errors name the module.
 *
 * @param made  what the module gives: a family, or the function that loads one of its models.
 * @param blame names the module in errors.
 * @returns the family, checked.
 */
export function checkedFamily<P extends Encoded, Format extends string>(
  made: PolicyLoader<P, Format> | PolicyFamily<P, Format>,
  blame: Blame,
): PolicyFamily<P, Format> {
  const family: PolicyFamily<P, Format> = typeof made === 'function' ? { load: made } : made;
  return {
    async load(source, options, loadingFor = {}) {
      const policy: unknown = await blame.later('it', () => family.load(source, options, loadingFor));
      requireParts<P, Format>(policy, loadingFor.needed ?? partsForTraining(options), 'it', blame);
      return watched(policy, blame);
    },
    ...(family.encoder && {
      encoder: async (source, needed = []) => {
        const encoder: unknown = await blame.later('encoder()', async () => family.encoder?.(source));
        requireParts<P, Format>(encoder, ['encode', ...needed], 'encoder()', blame);
        return encoder;
      },
    }),
    ...(family.capacity && {
      capacity: async (source, encoder) => {
        const capacity: unknown = await blame.later('capacity()', async () =>
          family.capacity?.(source, encoder),
        );
        if (capacity !== undefined && !hasMethods(capacity, 'footprint', 'sizeOf')) {
          throw blame.wrong(
            'capacity()',
            aKind(capacity),
            'nothing, or an object with footprint() and sizeOf()',
          );
        }
        return capacity as Capacity<P, Format> | undefined;
      },
    }),
  };
}

/** A reference policy is only asked for scores; adapters are asked for with LoRA only. */
function partsForTraining({ trainable = true, lora, adapter }: PolicyLoadOptions): PolicyPart[] {
  if (!trainable) return ['score'];
  const adapted = lora !== undefined || adapter !== undefined;
  return [
    ...(['score', 'encode', 'generate', 'save'] as const),
    ...(adapted ? (['saveAdapters', 'withoutAdapters'] as const) : []),
    ...(['variables', 'headWeight', 'tokenizer.decode'] as const),
  ];
}

/**
 * @param who gave it, for the message.
 * @throws ModuleError naming the module and all that its policy lacks of what is needed.
 */
function requireParts<P extends Encoded, Format extends string>(
  policy: unknown,
  needed: readonly PolicyPart[],
  who: string,
  blame: Blame,
): asserts policy is TrainedPolicy<P, Format> {
  const lacking = needed.filter((part) => !hasPart(policy, part)).map(inWords);
  if (lacking.length === 0) return;
  const expected = who === 'it' ? 'a policy that has them' : 'one that has them';
  throw blame.wrong(who, `${aKind(policy)}, without ${lacking.join(', ')}`, expected);
}

function hasPart(policy: unknown, part: PolicyPart): boolean {
  const { variables, headWeight, tokenizer } = (policy ?? {}) as Record<string, unknown>;
  const [object, method] = part.split('.');
  if (object === 'tokenizer' && method !== undefined) return hasMethods(tokenizer, method);
  if (part === 'variables') return Array.isArray(variables);
  if (part === 'headWeight')
    return isTensor(headWeight) || hasMethods(headWeight, 'product', 'inputGradient');
  return hasMethods(policy, part);
}

function inWords(part: PolicyPart): string {
  if (part === 'variables') return 'variables (a list)';
  return part === 'headWeight' ? 'headWeight (a tensor)' : `${part}()`;
}

/** Methods run on the policy itself, which may have private parts. */
function watched<P extends Encoded, Format extends string>(
  policy: TrainedPolicy<P, Format>,
  blame: Blame,
): TrainedPolicy<P, Format> {
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

function checkedMethods<P extends Encoded>(
  policy: TrainedPolicy<P>,
  blame: Blame,
): Pick<TrainedPolicy<P>, 'encode' | 'generate' | 'score' | 'save'> {
  return {
    encode(input) {
      const expected = 'an encoded prompt, an object with ids and images';
      const encoded: unknown = blame.now('encode()', expected, () => policy.encode(input), 'theirs');
      const { ids, images } = (encoded ?? {}) as { ids?: unknown; images?: unknown };
      if (!(ids instanceof Int32Array) || !Array.isArray(images))
        throw blame.wrong('encode()', aKind(encoded), expected);
      return encoded as ReturnType<TrainedPolicy<P>['encode']>;
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
      return scores as ReturnType<TrainedPolicy<P>['score']>;
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
