/** What a model was trained with, for whoever asks it; transformers passes over it. */
export const notesFile = 'cppo.json';

/** The files of tokenizer, processor, template and generation, which an adapter may bring in the place of its model's. */
export const readingFiles: readonly string[] = [
  'tokenizer.json',
  'tokenizer_config.json',
  'vocab.json',
  'merges.txt',
  'added_tokens.json',
  'special_tokens_map.json',
  'preprocessor_config.json',
  'video_preprocessor_config.json',
  'processor_config.json',
  'chat_template.json',
  'chat_template.jinja',
  'generation_config.json',
];

/** The files that go with config and weights. */
export const companionFiles: readonly string[] = [...readingFiles, notesFile];
