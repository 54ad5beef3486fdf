import { z } from 'zod';

/**
 * How a configuration says which component it wants: a name, a path to a custom module, or an object of either
 * with the component's options beside it. The same for every kind of component.
 */
export type ComponentSpec =
  | string
  | { readonly name: string; readonly [option: string]: unknown }
  | { readonly module: string; readonly [option: string]: unknown };

const modulePath = /^(\.{1,2}\/|\/|[A-Za-z]:[\\/]).*\.[cm]?[jt]s$/;

/**
 * True for what can only be a module: it starts with ./, ../ or / and ends as TypeScript and JavaScript files do.
 *
 * @param text that a configuration says.
 * @returns whether it is such a path.
 * @example
 * isModulePath('./my-reward.ts'); // true
 * isModulePath('boxed'); // false
 */
export function isModulePath(text: string): boolean {
  return modulePath.test(text);
}

/**
 * Schema of a component.
 *
 * @param builtIn table of the built-in ones: its keys are the names that a configuration may say.
 * @param example path in the message about a wrong value.
 * @returns a schema of zod.
 */
export function componentSchema(builtIn: Readonly<Record<string, unknown>>, example: string) {
  const names = Object.keys(builtIn);
  return z.union(
    [
      z.enum(names),
      z.string().regex(modulePath, { abort: true }),
      z.looseObject({ name: z.enum(names), module: z.never().optional() }),
      z.looseObject({ module: z.string().min(1), name: z.never().optional() }),
    ],
    { error: `one of ${names.join(', ')}, or a path to a module such as ${example}` },
  );
}

/** A spec taken apart: a built-in name or a module, and the options for it. */
export type ReadSpec = { readonly options: Readonly<Record<string, unknown>> } & (
  | { readonly name: string; readonly module?: undefined }
  | { readonly module: string; readonly name?: undefined }
);

/**
 * A spec taken apart.
 *
 * @param spec of a component.
 * @returns its name or its module, and the options for it.
 * @example
 * readSpec({ name: 'noisy', share: 0.5 }); // { name: 'noisy', options: { share: 0.5 } }
 */
export function readSpec(spec: ComponentSpec): ReadSpec {
  if (typeof spec === 'string')
    return isModulePath(spec) ? { module: spec, options: {} } : { name: spec, options: {} };
  if ('module' in spec && spec.module !== undefined) {
    const { module, name: _, ...options } = spec;
    return { module: module as string, options };
  }
  const { name, module: _, ...options } = spec as { name: string; module?: undefined };
  return { name, options };
}
