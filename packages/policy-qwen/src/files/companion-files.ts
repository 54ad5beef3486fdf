/** What a model was trained with, for whoever asks it; transformers passes over it. */
export const notesFile = 'cppo.json';

/** The files beside config and weights that make a directory loadable. */
export const companionFiles: readonly string[] = [
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
  notesFile,
];
