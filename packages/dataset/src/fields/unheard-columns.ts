import { isNothing } from './read-question.js';

/** Columns that other trainers act on and that no model here would hear of. */
const columns = {
  tools: 'the chat template is given none',
  functions: 'the chat template is given none',
  tool_choice: 'there are no tools',
  response_format: 'answers are not constrained',
  chat_template_kwargs: 'the chat template is given none',
  videos: 'pictures only are shown to the model',
  video: 'pictures only are shown to the model',
  audios: 'pictures only are shown to the model',
  audio: 'pictures only are shown to the model',
} as const;

export const unheardColumns = Object.keys(columns) as readonly (keyof typeof columns)[];

/** The first of these columns that a row fills, and why it may not; nothing where the data set's fields use it. */
export function unheardColumn(
  values: Readonly<Record<string, unknown>>,
  used: readonly string[],
): { readonly column: string; readonly why: string } | undefined {
  const column = unheardColumns.find(
    (each) => !used.includes(each) && each in values && values[each] !== '' && !isNothing(values[each]),
  );
  return column && { column, why: columns[column] };
}
