import { isDirectory } from './disk.js';
import type { ModelFiles } from './read-model-directory.js';

/** The files beside config and weights that a saved model takes over, byte for byte, where they still are on disk. */
export interface CompanionCopies {
  /** The directory that each is copied from, by its name. */
  readonly copyFrom: ReadonlyMap<string, string>;
  /** Written beside them: a template that would otherwise stay behind in the base model's tokenizer_config.json. */
  readonly files: Readonly<Record<string, string>>;
}

/** @returns undefined when a file is not on this machine's disk (any more). */
export async function companionCopies({
  companionSources,
  chatTemplate,
}: Pick<ModelFiles, 'companionSources' | 'chatTemplate'>): Promise<CompanionCopies | undefined> {
  const copyFrom = new Map<string, string>();
  for (const [name, place] of companionSources) {
    if (typeof place !== 'string' || !(await isDirectory(place))) return undefined;
    copyFrom.set(name, place);
  }
  const mixed = new Set(copyFrom.values()).size > 1;
  return {
    copyFrom,
    files: mixed && chatTemplate !== undefined ? { 'chat_template.jinja': chatTemplate } : {},
  };
}
