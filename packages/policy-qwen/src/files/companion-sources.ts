import { readingFiles } from './companion-files.js';

/** Where each file beside config and weights is taken from, when an adapter brings some of its own. */
export type CompanionSources<Place> = ReadonlyMap<string, Place>;

const tokenizerFiles = [
  'tokenizer.json',
  'tokenizer_config.json',
  'vocab.json',
  'merges.txt',
  'added_tokens.json',
  'special_tokens_map.json',
];
const processorFiles = [
  'preprocessor_config.json',
  'video_preprocessor_config.json',
  'processor_config.json',
];
const templateFiles = ['chat_template.jinja', 'chat_template.json'];

/**
 * Chooses between a model's files and those that were saved with an adapter, which go first: the tokenizer's as a whole, the
 * processors' as a whole, the template, the generation settings. A tokenizer that holds a template brings that.
 *
 * @param adapter names of the files beside the adapter.
 * @param base names of the files beside the model.
 * @param hasTemplate whether the adapter's tokenizer_config.json holds a template.
 */
export function chooseCompanions<Place>(
  adapter: { readonly place: Place; readonly names: readonly string[]; readonly hasTemplate: boolean },
  base: { readonly place: Place; readonly names: readonly string[] },
): CompanionSources<Place> {
  const has = (name: string) => adapter.names.includes(name);
  const ownTokenizer = has('tokenizer.json');
  const ownTemplate = templateFiles.some(has) || (ownTokenizer && adapter.hasTemplate);
  const ownProcessor = has('preprocessor_config.json') || has('processor_config.json');
  const sources = new Map<string, Place>();
  for (const name of readingFiles) {
    const own = tokenizerFiles.includes(name)
      ? ownTokenizer
      : processorFiles.includes(name)
        ? ownProcessor
        : templateFiles.includes(name)
          ? ownTemplate
          : has(name);
    const chosen = own ? adapter : base;
    if (chosen.names.includes(name)) sources.set(name, chosen.place);
  }
  return sources;
}
