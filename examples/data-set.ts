import { encodePng, type SampleSet } from '@cppo/trainer';

/** Squares of one colour and the question which; a sample is a function of its index, and so is its picture. */
export default function colours({ length = 60, side = 28 }: { length?: number; side?: number }): SampleSet {
  const names = ['red', 'green', 'blue'];
  return {
    name: 'colours',
    length,
    read(index) {
      const channel = index % 3;
      const data = new Uint8Array(side * side * 3);
      for (let pixel = channel; pixel < data.length; pixel += 3) data[pixel] = 128 + (index % 128);
      return {
        id: `colour-${index}`,
        question: 'Which colour is the square?',
        answer: names[channel]!,
        images: [{ name: 'square', bytes: () => encodePng({ width: side, height: side, data }) }],
      };
    },
  };
}
