import type { Perturbation } from '@cppo/trainer';

/** A removing view: a share of the pixels becomes black or white. Same size, drawn from the generator only. */
export default function saltAndPepper({ share = 0.7 }: { share?: number }): Perturbation {
  return (image, random) => {
    const data = new Uint8Array(image.data);
    for (let pixel = 0; pixel < data.length; pixel += 3) {
      if (random.next() < share) data.fill(random.next() < 0.5 ? 0 : 255, pixel, pixel + 3);
    }
    return { ...image, data };
  };
}
