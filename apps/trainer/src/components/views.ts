import {
  compose,
  createPerturbation,
  createPreset,
  oneOf,
  type Perturbation,
  perturbationNames,
  sometimes,
  type ViewPreset,
} from '@cppo/perturb';
import type { Config } from '../config/schema.js';
import { UserError } from '../user-error.js';
import { type ComponentKind, component } from './component.js';
import { type ComponentSpec, isModulePath, readSpec } from './spec.js';

/** How the objective's views are made. */
export async function viewPreset({
  views,
  objective,
}: Pick<Config, 'views' | 'objective'>): Promise<ViewPreset> {
  if (views === 'auto') {
    return createPreset(objective.type === 'papo' || objective.type === 'vppo' ? objective.type : 'cppoVerl');
  }
  if (typeof views === 'string') return createPreset(views);
  const { preserving, removing } = views;
  return {
    preserving: await perturbation('views.preserving', preserving),
    removing: Array.isArray(removing)
      ? await Promise.all(removing.map((each, i) => perturbation(`views.removing.${i}`, each)))
      : await perturbation('views.removing', removing as ComponentSpec),
  };
}

const kind: ComponentKind<Perturbation> = {
  expected: 'a function (image, random) that gives an image of the same size',
  accepts: (value) => typeof value === 'function',
  builtIn: Object.fromEntries(
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
  ),
};

/** A perturbation by its spec; `oneOf`, `compose` and `sometimes` may hold modules too. */
export async function perturbation(key: string, spec: ComponentSpec): Promise<Perturbation> {
  const { name, options } = readSpec(spec);
  if (name === undefined || !holdsModule(options.of)) return component(key, spec, kind);
  // Its options are checked with its modules left out, since only names mean anything to the package.
  await component(key, { name, ...options, of: withoutModules(options.of) }, kind);
  const parts = await Promise.all(
    [options.of].flat().map((part, i) => perturbation(`${key}.of.${i}`, part as ComponentSpec)),
  );
  if (name === 'sometimes') return sometimes(options.probability as number, parts[0]!);
  return name === 'compose' ? compose(...parts) : oneOf(...parts);
}

function isModule(spec: unknown): boolean {
  if (typeof spec === 'string') return isModulePath(spec);
  return typeof spec === 'object' && spec !== null && 'module' in spec;
}

function holdsModule(of: unknown): boolean {
  return [of].flat().some((part) => isModule(part) || (hasParts(part) && holdsModule(part.of)));
}

function withoutModules(of: unknown): unknown {
  if (Array.isArray(of)) return of.map(withoutModules);
  return holdsModule(of) ? 'identity' : of;
}

function hasParts(spec: unknown): spec is { readonly of: unknown } {
  return typeof spec === 'object' && spec !== null && 'of' in spec;
}
