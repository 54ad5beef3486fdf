import { contactSheet, type RgbImage, shrink } from '@cppo/perturb';
import { checkOutputFile, writeWholeFile } from '@cppo/run';
import { Progress, readPictures } from '@cppo/training';

/** `cppo views`: every perturbation of a given picture, to judge what removes and what preserves. */
export async function views(options: {
  image: string;
  draws: number;
  seed: number;
  out: string;
  background?: string;
  maxPixels: number;
}): Promise<void> {
  checkOutputFile('--out', options.out);
  const { background, maxPixels } = options;
  const [read] = await readPictures([options.image], { background });
  const image = within(read!, maxPixels);
  if (image !== read) {
    console.error(
      `${options.image}: shown at ${image.width} × ${image.height} pixels of ${read!.width} × ${read!.height}; --max-pixels sets how many.`,
    );
  }
  let progress: Progress | undefined;
  writeWholeFile(
    options.out,
    await contactSheet(image, {
      draws: options.draws,
      seed: options.seed,
      title: options.image,
      onProgress: ({ done, total }) => {
        progress ??= new Progress('views', total);
        progress.update(done);
      },
    }),
  );
  progress?.stop();
  console.log(options.out);
}

/** The image, or its means of as few squares of pixels as have room. */
function within(image: RgbImage, maxPixels: number): RgbImage {
  const { width, height } = image;
  return shrink(
    image,
    Math.max(1, Math.floor(Math.max(width, height) * Math.sqrt(maxPixels / (width * height)))),
  );
}
