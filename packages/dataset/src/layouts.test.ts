import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Dataset, openDataset, readImageHeader, type Sample } from './index.js';

// Files written by pyarrow and by the datasets library; see tools/reference/dataset/make_fixtures.py.
const fixture = (name: string): string => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')) as {
  files: Record<string, { rows: Record<string, unknown>[]; images: ImageFacts[][]; rowGroups: number }>;
  zip: Record<string, ImageFacts>;
};
interface ImageFacts {
  sha256: string;
  width: number;
  height: number;
}

async function all(set: Dataset): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const sample of set.iterate({ shuffle: false })) samples.push(sample);
  return samples;
}

async function facts(sample: Sample): Promise<ImageFacts[]> {
  return Promise.all(
    sample.images.map(async (image) => {
      const bytes = await image.bytes();
      const { width, height } = readImageHeader(bytes);
      return { sha256: createHash('sha256').update(bytes).digest('hex'), width, height };
    }),
  );
}

/** Opens a fixture, checks its pictures against those that pyarrow read, and gives its samples. */
async function samplesOf(name: string): Promise<Sample[]> {
  const set = await openDataset(fixture(name));
  const samples = await all(set);
  const { rows, images } = expected.files[name]!;
  expect(set.length).toBe(rows.length);
  for (const [at, sample] of samples.entries()) expect(await facts(sample)).toEqual(images[at]);
  await set.close();
  return samples;
}

describe('training sets', () => {
  it('reads Geometry3K: several row groups, lists of picture structs', async () => {
    expect(expected.files['geometry3k.parquet']!.rowGroups).toBe(3);
    const samples = await samplesOf('geometry3k.parquet');
    expect(samples.map(({ id, question, answer }) => [id, question, answer])).toEqual(
      expected.files['geometry3k.parquet']!.rows.map(({ id, problem, answer }) => [
        String(id),
        problem,
        answer,
      ]),
    );
    expect(samples[0]!.metadata).toEqual({ choices: ['1', '2', '3', '4'] });
  });

  it('reads ViRL39K: boxed answers, paths into an archive beside the file, zstd', async () => {
    const set = await openDataset(fixture('virl39k.parquet'));
    const samples = await all(set);
    expect(samples.map(({ id, answer, source }) => [id, answer, source])).toEqual([
      ['Processed-0001', '4', 'Processed'],
      ['MMMath-0002', 'B', 'MMMath'],
    ]);
    expect(await facts(samples[0]!)).toEqual([expected.zip['images/Processed-0001-0.png']]);
    expect(await facts(samples[1]!)).toEqual([
      expected.zip['images/MMMath-0002-0.png'],
      expected.zip['images/MMMath-0002-1.png'],
    ]);
    expect(samples[0]!.metadata).toMatchObject({ PassRate_7BBase: 0.25 });
    await set.close();
  });

  it('reads CLEVR-Count: tagged answers, one picture struct, gzip', async () => {
    const samples = await samplesOf('clevr-count.parquet');
    expect(samples.map(({ answer }) => answer)).toEqual(['3', '4', '5']);
    expect(samples[1]!.images[0]!.name).toBe('CLEVR_trainA_000001.png');
  });

  it('reads MMK12: JPEG pictures', async () => {
    const samples = await samplesOf('mmk12.parquet');
    expect(samples[1]).toMatchObject({ id: '1', answer: '3\\sqrt{3}', metadata: { subject: 'math' } });
  });

  it("reads verl's layout: chat messages, nested ground truth, two pictures", async () => {
    const [sample] = await samplesOf('verl.parquet');
    expect(sample).toMatchObject({
      question: '<image><image>Are they alike? Put it in \\boxed{}.',
      answer: 'no',
      source: 'hiyouga/geometry3k',
      turns: [
        { role: 'system', text: 'Answer briefly.' },
        { role: 'user', text: '<image><image>Are they alike? Put it in \\boxed{}.' },
      ],
      metadata: { extra_info: { index: 7 } },
    });
    expect(sample!.images).toHaveLength(2);
  });

  it("reads TRL's layout: content parts become tags, the answer is taken out of its tags", async () => {
    const [sample] = await samplesOf('trl.parquet');
    expect(sample).toMatchObject({ question: '<image>What is the area?', answer: '12' });
  });

  it('names every fault of a table by its row', async () => {
    const set = await openDataset(fixture('faulty.parquet'), { broken: 'skip' });
    expect(set.skipped.map(({ row, reason }) => [row, reason])).toEqual([
      [2, 'undecodable image'],
      [3, 'undecodable image'],
      [4, 'no image'],
      [5, 'broken row'],
      [6, 'broken row'],
      [7, 'missing image'],
      [8, 'no image'],
    ]);
    expect(set.skipped[3]!.detail).toMatch(/faulty\.parquet:5: field "answer": found nothing in it/);
    expect(set.length).toBe(1);
    await set.close();
    const error = await openDataset(fixture('faulty.parquet')).catch((each: unknown) => each);
    expect(error).toMatchObject({ problems: { length: 5 } });
  });

  it('reads any row of a file with a page index, in any order', async () => {
    const set = await openDataset(fixture('page-index.parquet'));
    for (const index of [11, 0, 5, 6]) {
      const sample = await set.read(index);
      expect(sample.question).toBe(`Number ${index}?`);
      expect(await facts(sample)).toEqual(expected.files['page-index.parquet']!.images[index]);
    }
    await set.close();
  });
});

describe('benchmarks', () => {
  it('reads MathVista: units and choices join the question', async () => {
    const samples = await samplesOf('mathvista.parquet');
    expect(samples.map(({ question }) => question)).toEqual([
      'How heavy is it? (Unit: kg)',
      'How many are there?',
      'Which part is blue?\nChoices:\n(A) 3/11\n(B) 8/11\n(C) 6/11\n(D) 3/5',
      'Between which years is the peak?',
    ]);
    expect(samples[0]).toMatchObject({
      id: '1',
      answer: '1.2',
      metadata: {
        precision: 1,
        answer_type: 'float',
        metadata: { task: 'figure question answering', img_width: 24 },
      },
    });
  });

  it('reads DynaMath: floats are asked for with three decimal places', async () => {
    const samples = await samplesOf('dynamath.parquet');
    expect(samples[0]).toMatchObject({
      question: 'What is the slope?\nGive the answer as a number with three decimal places.',
      answer: '1.333',
    });
    expect(samples[1]!.question).toBe('Is it even? choice: (A) even (B) odd');
  });

  it('reads We-Math: one line of options becomes a list', async () => {
    const samples = await samplesOf('we-math.parquet');
    expect(samples[0]).toMatchObject({
      question:
        'How large is the angle?\nChoices:\n(A) 30°\n(B) 45°\n(C) 60°\n(D) 90°\n(E) No correct answer',
      answer: 'A',
      metadata: { ID: 'p1', key: '2steps_1', choices: ['30°', '45°', '60°', '90°', 'No correct answer'] },
    });
  });

  it('reads MATH-Vision: numbered tags, choices drawn in the picture', async () => {
    const samples = await samplesOf('math-vision.parquet');
    expect(samples.map(({ question }) => question)).toEqual([
      'Which piece fits?\n<image>',
      '<image> What is the ratio?\nChoices:\n(A) $1:2$\n(B) $1:3$',
      'What is $x$ in image 1 and image 2?',
    ]);
    expect(samples[0]!.metadata).toMatchObject({ choices: ['A', 'B', 'C', 'D', 'E'], level: 2 });
  });

  it('reads MathVerse: a question that only the picture shows gets words', async () => {
    const samples = await samplesOf('mathverse.parquet');
    expect(samples[1]).toMatchObject({
      question: 'Solve the problem shown in the image.',
      answer: 'x=-2',
      metadata: { problem_version: 'Vision Only', metadata: { subfield: 'Property' } },
    });
  });

  it('reads LogicVista: an object of rows, pictures beside it', async () => {
    const set = await openDataset(fixture('logicvista/dataset.json'));
    expect(await all(set)).toMatchObject([
      { id: 'v1_0', answer: 'C', images: [{ name: 'images/v1_0.png' }], metadata: { skill: ['inductive'] } },
      { id: 'v1_1', answer: 'A, C' },
    ]);
    await set.close();
  });

  it("reads the hub's copy of LogicVista: pictures inside", async () => {
    const [sample] = await samplesOf('logicvista.parquet');
    expect(sample).toMatchObject({ id: 'v1_1', answer: 'A, C', metadata: { broad_capability: ['diagram'] } });
    const named = await openDataset(fixture('logicvista/dataset.json'), { layout: 'logicvista' });
    expect((await named.read(0)).images[0]!.name).toBe('images/v1_0.png');
    await named.close();
  });

  it("reads MMMU-Pro's vision part: choices as Python prints them", async () => {
    const samples = await samplesOf('mmmu-pro-vision.parquet');
    expect(samples[0]).toMatchObject({
      id: 'test_History_1',
      answer: 'C',
      metadata: { choices: ["It's 3", 'say "no"', 'x\\y'], subject: 'History' },
    });
    expect(samples[1]!.metadata!.choices).toHaveLength(10);
  });
});
