import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Dataset } from './dataset.js';
import { type OpenOptions, type ResolvedOptions, resolveOptions } from './open-options.js';
import { openSource } from './open-source.js';
import { Mixture } from './order/mixture.js';
import { DatasetError, type RowProblem, type SkippedRow } from './problem.js';
import { parseSpec, type SpecPart } from './spec/parse-spec.js';
import { survey } from './survey.js';
import { SurveyedDataset } from './surveyed-dataset.js';

/**
 * Opens a data set and checks every row, so that mistakes are known before a run starts. Several parts become
 * one set, mixed by their weights.
 *
 * @param spec a specification (`parseSpec`).
 * @param options the layout of its columns, and what happens to rows that are broken or lack a picture.
 * @returns the set; samples are read as they are iterated, pictures when their bytes are requested.
 * @throws DatasetError with every broken row (file, line, field, what was found, what is expected).
 * @throws RangeError when the specification or an option is wrong, or no row is usable.
 * @example
 * const file = join(folder, 'train.jsonl');
 * writeFileSync(file, '{"question": "2 + 2?", "answer": "4"}\n');
 * const set = await openDataset(file, { images: 'optional' });
 * set.length; // 1
 */
export async function openDataset(spec: string, options: OpenOptions = {}): Promise<Dataset> {
  const resolved = resolveOptions('openDataset', options);
  const parts = parseSpec(spec, existsSync);
  const sets: { set: Dataset; weight: number }[] = [];
  try {
    for (const part of parts) sets.push({ set: await openPart(part, resolved), weight: part.weight });
  } catch (error) {
    await Promise.all(sets.map(({ set }) => set.close()));
    throw error;
  }
  return sets.length === 1 ? sets[0]!.set : new Mixture(spec, sets);
}

async function openPart(part: SpecPart, options: ResolvedOptions): Promise<Dataset> {
  const opened = await openSource(part, options);
  const { source, reading } = opened;
  const skipped: SkippedRow[] = [];
  const problems: RowProblem[] = [];
  const digest = createHash('sha256');
  try {
    let done = 0;
    for await (const findings of survey(source, { ...options, ...reading })) {
      for (const { skip, problem, sample, sizes } of findings) {
        if (skip) skipped.push(skip);
        else {
          const { id, question, turns, answer } = sample;
          digest.update(JSON.stringify([id, question, turns, answer, sample.images.length, sizes]));
        }
        if (problem) problems.push(problem);
      }
      done += findings.length;
      options.onProgress?.({ stage: 'survey', done, total: source.length });
    }
    if (problems.length > 0 && options.broken === 'error') throw new DatasetError(part.text, problems);
    if (skipped.length === source.length) throw new RangeError(emptySet(part.text, skipped));
  } catch (error) {
    await opened.close();
    throw error;
  }
  return new SurveyedDataset(opened, skipped, digest.digest('hex'));
}

function emptySet(set: string, skipped: readonly SkippedRow[]): string {
  const first = skipped[0] ? ` (${skipped.length} skipped, the first: ${skipped[0].detail})` : '';
  return `openDataset: found no usable row in ${set}${first}; expected at least one`;
}
