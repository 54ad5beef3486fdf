import { Converter, ReflectionKind } from 'typedoc';

/** Calls a module of the reference as people import it: `packages/grpo/src` is `@cppo/grpo`. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (reflection.kind !== ReflectionKind.Module) return;
    const [, name, entry] = /^(?:packages|apps)\/([^/]+)\/src(?:\/(.+))?$/.exec(reflection.name) ?? [];
    if (name !== undefined) reflection.name = `@cppo/${name}${entry === undefined ? '' : `/${entry}`}`;
  });
}
