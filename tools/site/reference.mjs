import { Converter, ReflectionKind } from 'typedoc';

/** Shows the reference as people import it and as docstrings are written here. */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, reflection) => {
    if (reflection.kind === ReflectionKind.Module) reflection.name = importedName(reflection.name);
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const { comment } of Object.values(project.reflections)) {
      for (const part of comment?.summary ?? []) {
        if (part.kind === 'text') part.text = withFormulas(part.text);
      }
    }
  });
}

/** `packages/grpo/src` is `@cppo/grpo`. */
function importedName(path) {
  const [, name, entry] = /^(?:packages|apps)\/([^/]+)\/src(?:\/(.+))?$/.exec(path) ?? [];
  return name === undefined ? path : `@cppo/${name}${entry === undefined ? '' : `/${entry}`}`;
}

/** Formulas are indented by two spaces; Markdown would run their lines together. */
function withFormulas(text) {
  return text.replace(/(?<=^|\n\n)(?: {2,}\S.*(?:\n|$))+/g, (lines) => {
    return `\`\`\`text\n${lines.replace(/^ {2}/gm, '').trimEnd()}\n\`\`\`\n`;
  });
}
