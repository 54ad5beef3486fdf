/** What a reader of the tutorial does: runs commands, or writes a file. */
export type Step =
  | { readonly run: string; readonly shows: readonly string[] }
  | { readonly file: string; readonly text: string };

const block = /(?:^File `([^`]+)`:\n\n)?^```(\w+)\n([\s\S]*?)\n```$/gm;

/**
 * Reads a tutorial: blocks of `sh` are run, those after "File `name`:" are written, and those of `text` are lines that the
 * commands before them show. Blocks of `bash` and others are to be read.
 *
 * @param markdown text of the page.
 * @returns the steps in their order.
 */
export function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const [, file, language, text = ''] of markdown.matchAll(block)) {
    const last = steps.at(-1);
    if (file !== undefined) steps.push({ file, text });
    else if (language === 'sh') steps.push({ run: text, shows: [] });
    else if (language === 'text' && last !== undefined && 'run' in last) {
      steps[steps.length - 1] = { ...last, shows: text.split('\n') };
    }
  }
  return steps;
}
