import { contactSheet } from '@cppo/perturb';
import { writeWholeFile } from '../run/whole-file.js';
import { readImages } from './open-model.js';
import { checkOutputFile } from './output-file.js';

/** `cppo views`: every perturbation of one's own picture, to judge what removes and what preserves. */
export async function views(options: {
  image: string;
  draws: number;
  seed: number;
  out: string;
}): Promise<void> {
  checkOutputFile('--out', options.out);
  const [image] = await readImages([options.image]);
  writeWholeFile(
    options.out,
    await contactSheet(image!, { draws: options.draws, seed: options.seed, title: options.image }),
  );
  console.log(options.out);
}
