import { choiceList, letteredChoices, plainImageTags, withChoices } from './choices.js';
import type { Layout } from './layouts.js';

/** What is asked where the question is drawn in the picture and the row has no text for it. */
const questionInPicture = 'Solve the problem shown in the image.';

const dynaMath: Layout = {
  name: 'dynamath',
  columns: ['question', 'ground_truth', 'answer_type', 'subject', 'knowledge_level'],
  repositories: ['DynaMath/DynaMath_Sample'],
  fields: {
    id: ['id'],
    question: ['question'],
    answer: ['ground_truth', 'answer'],
    images: ['decoded_image', 'image'],
    metadata: ['answer_type', 'subject', 'knowledge_level', 'level'],
  },
  // Floats are judged to a thousandth, so the benchmark asks for three decimal places.
  prepare: (values) =>
    values.answer_type === 'float'
      ? {
          ...values,
          question: `${values.question}\nGive the answer as a number with three decimal places.`,
        }
      : values,
};

/** Its authors publish `data/dataset.json` on GitHub; the hub has a copy with the pictures inside, which evaluations load. */
const logicVista: Layout = {
  name: 'logicvista',
  columns: ['image', 'question', 'answer', 'skill', 'broad_capability'],
  repositories: ['lscpku/LogicVista'],
  fields: {
    id: ['id', 'question_id'],
    question: ['question'],
    answer: ['answer'],
    images: ['imagename', 'image'],
    metadata: ['skill', 'broad_capability', 'specific_capability'],
  },
};

/** The seven benchmarks of the paper as their authors publish them: on the hub in parquet, on GitHub in JSON. */
export const benchmarkLayouts: readonly Layout[] = [
  {
    name: 'mathvista',
    columns: ['pid', 'question', 'question_type', 'answer_type', 'precision'],
    repositories: ['AI4Math/MathVista'],
    fields: {
      id: ['pid'],
      question: ['question'],
      answer: ['answer'],
      images: ['decoded_image', 'image'],
      metadata: ['choices', 'unit', 'precision', 'question_type', 'answer_type', 'metadata'],
    },
    prepare: (values) => {
      const unit = text(values.unit) ? ` (Unit: ${values.unit})` : '';
      return { ...values, question: withChoices(`${values.question}${unit}`, choiceList(values.choices)) };
    },
  },
  dynaMath,
  // The copy on GitHub (one variant of each question) has other names for some columns.
  {
    ...dynaMath,
    columns: ['question', 'answer', 'image', 'answer_type', 'subject', 'level'],
    repositories: [],
  },
  {
    name: 'we-math',
    columns: ['ID', 'question', 'option', 'answer', 'key'],
    repositories: ['We-Math/We-Math'],
    fields: {
      question: ['question'],
      answer: ['answer'],
      images: ['image_path', 'image'],
      metadata: ['ID', 'key', 'choices', 'knowledge concept', 'question number'],
    },
    prepare: (values) => {
      const choices =
        typeof values.option === 'string' ? letteredChoices(values.option) : choiceList(values.option);
      return { ...values, choices, question: withChoices(String(values.question ?? ''), choices) };
    },
  },
  {
    name: 'math-vision',
    columns: ['id', 'question', 'options', 'answer', 'level', 'subject'],
    repositories: ['MathLLMs/MathVision'],
    fields: {
      id: ['id'],
      question: ['question'],
      answer: ['answer'],
      images: ['decoded_image', 'image'],
      metadata: ['choices', 'level', 'subject'],
    },
    prepare: (values) => {
      const choices = choiceList(values.options);
      // One picture a row: several tags are parts of it.
      const question = plainImageTags(String(values.question ?? ''), 1);
      return { ...values, choices, question: withChoices(question, choices) };
    },
  },
  {
    name: 'mathverse',
    columns: ['sample_index', 'problem_version', 'question', 'answer', 'question_type'],
    repositories: ['AI4Math/MathVerse'],
    fields: {
      id: ['sample_index'],
      question: ['question'],
      answer: ['answer'],
      images: ['image'],
      metadata: ['problem_index', 'problem_version', 'question_type', 'question_for_eval', 'metadata'],
    },
    prepare: (values) => (text(values.question) ? values : { ...values, question: questionInPicture }),
  },
  logicVista,
  {
    ...logicVista,
    columns: ['imagename', 'question', 'answer', 'skill'],
    repositories: [],
    // dataset.json names pictures without their folder.
    prepare: (values) => ({ ...values, imagename: `images/${values.imagename}` }),
  },
  {
    name: 'mmmu-pro-vision',
    columns: ['id', 'image', 'options', 'answer', 'subject'],
    repositories: ['MMMU/MMMU_Pro'],
    fields: {
      id: ['id'],
      question: ['question'],
      answer: ['answer'],
      images: ['image'],
      metadata: ['choices', 'subject'],
    },
    // The choices are in the picture with the question; repeating them would be another benchmark.
    prepare: (values) => ({
      ...values,
      choices: choiceList(values.options),
      question: 'Answer the multiple-choice question in the image with the letter of the right choice.',
    }),
  },
];

function text(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}
