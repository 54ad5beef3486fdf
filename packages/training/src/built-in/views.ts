import {
  combinationOptions,
  compose,
  createPerturbation,
  createPreset,
  oneOf,
  type Perturbation,
  perturbationNames,
  seededRandom,
  sometimes,
  type ViewPreset,
} from '@cppo/perturb';
import { UserError } from '@cppo/run';
import { checkedPerturbation } from '../checked/checked-perturbation.js';
import { type BuiltIn, type ComponentKind, component, optionsOf } from '../components/component.js';
import { type ComponentSpec, componentSchema, readSpec } from '../components/spec.js';

/** What a configuration says of views: the name of a preset, `auto`, or their perturbations. */
export type ViewSettings =
  | string
  | { readonly preserving: ComponentSpec; readonly removing: ComponentSpec | readonly ComponentSpec[] };

/**
 * How the views are made.
 *
 * @param views of the configuration.
 * @param objective whose published views `auto` takes.
 * @returns the perturbation of each view.
 * @throws UserError when one cannot be made.
 */
export async function viewPreset(views: ViewSettings, objective: string): Promise<ViewPreset> {
  if (views === 'auto') {
    return createPreset(objective === 'papo' || objective === 'vppo' ? objective : 'cppoVerl');
  }
  if (typeof views === 'string') return createPreset(views);
  const { preserving, removing } = views;
  return {
    preserving: await perturbation('views.preserving', preserving),
    removing: isList(removing)
      ? await Promise.all(removing.map((each, i) => perturbation(`views.removing.${i}`, each)))
      : await perturbation('views.removing', removing),
  };
}

function isList(removing: ComponentSpec | readonly ComponentSpec[]): removing is readonly ComponentSpec[] {
  return Array.isArray(removing);
}

/** Perturbations that a configuration can name: all of the package's registry. */
export const perturbations: BuiltIn<Perturbation> = Object.fromEntries(
  perturbationNames.map((name) => [
    name,
    (options, key) => {
      try {
        return createPerturbation(name, options);
      } catch (error) {
        throw new UserError(`${key}: ${(error as Error).message}`);
      }
    },
  ]),
);

const kind: ComponentKind<Perturbation> = {
  expected: 'a function (image, random) that gives an image of the same size',
  accepts: (value) => typeof value === 'function',
  watch: checkedPerturbation,
  trial: (perturb) => {
    const [width, height] = [448, 336];
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => i);
    perturb({ width, height, data }, seededRandom(1));
  },
  builtIn: perturbations,
};

/**
 * A perturbation by its spec. The parts of `oneOf`, `compose` and `sometimes` are specs too.
 *
 * @param key of the configuration, for messages.
 * @param spec of the perturbation.
 * @returns the perturbation.
 * @throws UserError when it, or one of its parts, cannot be made.
 */
export async function perturbation(key: string, spec: ComponentSpec): Promise<Perturbation> {
  const { name, options } = readSpec(spec);
  if (name === 'sometimes') {
    const { probability, of } = optionsOf(key, combinationOptions.sometimes(part), options);
    return sometimes(probability, await perturbation(`${key}.of`, of));
  }
  if (name !== 'oneOf' && name !== 'compose') return component(key, spec, kind);
  const { of } = optionsOf(key, combinationOptions[name](part), options);
  const parts = await Promise.all(of.map((each, i) => perturbation(`${key}.of.${i}`, each)));
  return name === 'oneOf' ? oneOf(...parts) : compose(...parts);
}

const part = componentSchema(perturbations, './my-perturbation.ts');
