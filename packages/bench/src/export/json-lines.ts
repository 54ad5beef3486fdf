import type { TaskSample } from '../tasks/sample.js';

/** A sample as data loaders read it. */
export interface ExportedSample {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  /** Paths beside the file. */
  readonly images: readonly string[];
  readonly task: string;
  readonly difficulty: number;
  readonly split: string;
  readonly reference: string;
  readonly perception: readonly (readonly [number, number])[];
  readonly scene: TaskSample['scene'];
}

export interface ExportedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** One sample as a row; its picture is at `images/<id>.png`. */
export function exportedSample(sample: TaskSample): ExportedSample {
  const { id, question, answer, task, difficulty, split, reference, perception, scene } = sample;
  return {
    id,
    question,
    answer,
    images: [`images/${id}.png`],
    task,
    difficulty,
    split,
    reference,
    perception,
    scene,
  };
}

/**
 * Exports samples as files: the pictures as PNG, and last `samples.jsonl` with one row each. The caller writes
 * them, so that this runs in a browser too.
 *
 * @param samples of tasks.
 * @returns the files, one after another.
 */
export async function* exportJsonLines(samples: Iterable<TaskSample>): AsyncGenerator<ExportedFile> {
  const rows: string[] = [];
  for (const sample of samples) {
    const row = exportedSample(sample);
    rows.push(`${JSON.stringify(row)}\n`);
    yield { path: row.images[0] as string, bytes: await sample.image.png() };
  }
  yield { path: 'samples.jsonl', bytes: new TextEncoder().encode(rows.join('')) };
}
