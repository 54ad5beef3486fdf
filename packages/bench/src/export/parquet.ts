import { parquetWriteBuffer } from 'hyparquet-writer';
import type { TaskSample } from '../tasks/sample.js';
import { exportedSample } from './json-lines.js';

const text = (name: string) => ({
  name,
  type: 'BYTE_ARRAY' as const,
  converted_type: 'UTF8' as const,
  repetition_type: 'OPTIONAL' as const,
});
const list = (name: string) => [
  {
    name,
    converted_type: 'LIST' as const,
    repetition_type: 'OPTIONAL' as const,
    num_children: 1,
  },
  { name: 'list', repetition_type: 'REPEATED' as const, num_children: 1 },
];

// Which columns hold pictures, in the words of Hugging Face's `datasets`.
const features = {
  id: { dtype: 'string', _type: 'Value' },
  question: { dtype: 'string', _type: 'Value' },
  answer: { dtype: 'string', _type: 'Value' },
  images: [{ _type: 'Image' }],
  task: { dtype: 'string', _type: 'Value' },
  difficulty: { dtype: 'int32', _type: 'Value' },
  split: { dtype: 'string', _type: 'Value' },
  reference: { dtype: 'string', _type: 'Value' },
  perception: [[{ dtype: 'int32', _type: 'Value' }]],
  scene: { dtype: 'string', _type: 'Value' },
};

/**
 * Exports samples as one parquet file. `images` is a list of `{ bytes, path }`, as Hugging Face's `datasets`
 * and verl store pictures; `perception` a list of [start, end) pairs; `scene` is JSON.
 *
 * @param samples of tasks.
 * @returns the bytes of the file.
 */
export async function exportParquet(samples: readonly TaskSample[]): Promise<Uint8Array> {
  const rows = samples.map(exportedSample);
  const images = await Promise.all(
    samples.map(async ({ id, image }) => [{ bytes: await image.png(), path: `${id}.png` }]),
  );
  const buffer = parquetWriteBuffer({
    schema: [
      { name: 'root', num_children: 10 },
      text('id'),
      text('question'),
      text('answer'),
      ...list('images'),
      { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { ...text('path'), repetition_type: 'OPTIONAL' },
      text('task'),
      { name: 'difficulty', type: 'INT32', repetition_type: 'OPTIONAL' },
      text('split'),
      text('reference'),
      ...list('perception'),
      ...list('element'),
      { name: 'element', type: 'INT32', repetition_type: 'OPTIONAL' },
      text('scene'),
    ],
    columnData: [
      { name: 'id', data: rows.map(({ id }) => id) },
      { name: 'question', data: rows.map(({ question }) => question) },
      { name: 'answer', data: rows.map(({ answer }) => answer) },
      { name: 'images', data: images },
      { name: 'task', data: rows.map(({ task }) => task) },
      { name: 'difficulty', data: rows.map(({ difficulty }) => difficulty) },
      { name: 'split', data: rows.map(({ split }) => split) },
      { name: 'reference', data: rows.map(({ reference }) => reference) },
      { name: 'perception', data: rows.map(({ perception }) => perception) },
      { name: 'scene', data: rows.map(({ scene }) => JSON.stringify(scene)) },
    ],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  });
  return new Uint8Array(buffer);
}
