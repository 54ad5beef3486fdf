import { invert, type RgbImage } from '@cppo/perturb';
import { expect, it } from 'vitest';
import { measureViews, viewsTable } from './measure-views.js';

const picture = (value: number): RgbImage => ({
  width: 1,
  height: 1,
  data: Uint8Array.of(value, value, value),
});

/** A model that reads off the brightness of a picture: what a view does to it shows in its answers. */
const reader = {
  generate: async (prompts: readonly number[], { completions }: { completions: number }) =>
    prompts.map((seen) =>
      Array.from({ length: completions }, () => ({
        tokens: [1],
        text: `\\boxed{${seen}}`,
        truncated: false,
      })),
    ),
};

const questions = [7, 9].map((value) => ({
  // Questions of a file may share an id.
  sample: { id: 'same', question: 'How bright?', answer: String(value) },
  images: [picture(value)],
  encode: ([image]: readonly RgbImage[]) => image!.data[0]!,
}));

it('tells what is right under each view from what was right of the pictures as they are', async () => {
  const shown: string[] = [];
  const keepSevens = (image: RgbImage) => (image.data[0] === 7 ? image : picture(0));
  const rows = await measureViews({
    ...{ policy: reader, questions, samples: 2, maxTokens: 4 },
    views: [
      ['identity', (image) => image],
      ['invert', invert()],
      ['sevens', keepSevens],
    ],
    showProgress: (title, total) => ({
      update: (done) => shown.push(`${title} ${done}/${total}`),
      stop: () => shown.push(`${title} stopped`),
    }),
  });
  expect(rows.map(({ view, accuracy, difference }) => [view, accuracy.value, difference?.value])).toEqual([
    ['identity', 1, undefined],
    ['invert', 0, -1],
    ['sevens', 0.5, -0.5],
  ]);
  expect(shown).toEqual([
    ...['identity 2/2', 'identity stopped', 'invert 2/2', 'invert stopped', 'sevens 2/2', 'sevens stopped'],
  ]);
  expect(viewsTable(rows)).toContain('| invert | 0.0 (0.0 to 0.0) | −100.0 (−100.0 to −100.0) |');
});

it('an unknown option is refused', async () => {
  const options = { policy: reader, questions, views: [], maxTokens: 4, sample: 3 };
  await expect(measureViews(options)).rejects.toThrow(
    'measureViews: unknown option "sample", did you mean "samples"?',
  );
});
