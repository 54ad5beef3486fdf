import type { FieldMap } from './field-map.js';

/** How a data set names its columns. */
export interface Layout {
  readonly name: string;
  /** Columns that tell this layout from the others; all must be there for it to be recognised. */
  readonly columns: readonly string[];
  /** Hub repositories of this layout. */
  readonly repositories?: readonly string[];
  readonly fields: FieldMap;
}

/** The common names of things, for sets of no known layout. */
export const plainFields: FieldMap = {
  id: ['id', 'qid', 'question_id', 'uid'],
  question: ['question', 'problem', 'prompt', 'messages', 'query'],
  answer: ['answer', 'solution', 'ground_truth', 'reward_model.ground_truth', 'label'],
  images: ['images', 'image'],
  source: ['source', 'data_source', 'category'],
};
