import type { FieldMap } from './field-map.js';

/** How a data set names its columns. */
export interface Layout {
  readonly name: string;
  /** Columns that tell this layout from the others: all must be there for it to be recognised. */
  readonly columns: readonly string[];
  /** Hub repositories of this layout. */
  readonly repositories?: readonly string[];
  readonly fields: FieldMap;
  /** Columns with the choices of a question that does not show them itself. */
  readonly choices?: readonly string[];
  /** Brings a row into the shape that the fields describe: choices below the question, tags as `<image>`. */
  readonly prepare?: (values: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

/** The common names of things; also reads Geometry3K, EasyR1's and TRL's sets, and folders of pictures with metadata. */
export const plainLayout: Layout = {
  name: 'plain',
  columns: [],
  choices: ['choices', 'options'],
  fields: {
    id: ['id', 'qid', 'question_id', 'uid'],
    question: ['question', 'problem', 'prompt', 'messages', 'query', 'text'],
    answer: ['answer', 'ground_truth', 'reward_model.ground_truth', 'solution', 'label'],
    images: ['images', 'image', 'image_path', 'file_names', 'file_name', 'image_*'],
    source: ['source', 'data_source'],
    // The last three: a right reply, and which of its characters come from the picture, as `@cppo/bench` writes them.
    metadata: ['category', 'subject', 'choices', 'options', 'unit', 'task', 'reference', 'perception'],
  },
};

/** Training sets of the field, and the layouts of other trainers. */
export const trainingLayouts: readonly Layout[] = [
  {
    name: 'virl39k',
    columns: ['qid', 'question', 'answer', 'image', 'PassRate_32BTrained'],
    repositories: ['TIGER-Lab/ViRL39K'],
    fields: {
      id: ['qid'],
      question: ['question'],
      answer: ['answer'],
      images: ['image'],
      source: ['source'],
      metadata: ['category', 'PassRate_32BTrained', 'PassRate_7BBase'],
    },
  },
  {
    name: 'geometry3k',
    columns: ['images', 'problem', 'answer', 'choices', 'ground_truth'],
    repositories: ['hiyouga/geometry3k'],
    fields: {
      id: ['id'],
      question: ['problem'],
      // The value, not the letter (`ground_truth`): the question shows no choices.
      answer: ['answer'],
      images: ['images'],
      metadata: ['choices'],
    },
  },
  {
    name: 'clevr-count',
    columns: ['image', 'problem', 'solution'],
    repositories: ['leonardPKU/clevr_cogen_a_train', 'BUAADreamer/clevr_count_70k'],
    fields: { question: ['problem'], answer: ['solution', 'answer'], images: ['image', 'images'] },
  },
  {
    name: 'mmk12',
    columns: ['id', 'question', 'answer', 'subject', 'image'],
    repositories: ['FanqingM/MMK12'],
    fields: {
      id: ['id'],
      question: ['question'],
      answer: ['answer'],
      images: ['image'],
      metadata: ['subject'],
    },
  },
  {
    name: 'verl',
    columns: ['prompt', 'reward_model'],
    fields: {
      question: ['prompt'],
      answer: ['reward_model.ground_truth'],
      images: ['images'],
      source: ['data_source'],
      metadata: ['ability', 'extra_info'],
    },
  },
  {
    name: 'trl',
    columns: ['prompt', 'solution'],
    fields: {
      question: ['prompt'],
      answer: ['solution', 'answer', 'ground_truth'],
      images: ['images', 'image'],
    },
  },
  {
    name: 'easyr1',
    columns: ['problem', 'answer', 'images'],
    fields: { question: ['problem'], answer: ['answer'], images: ['images'] },
  },
];
