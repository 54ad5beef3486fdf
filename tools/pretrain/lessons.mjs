// Samples as what a language model learns from: a prompt and the reply whose every token is predicted.
import { drawSamples, tokensInSpans } from '@cppo/bench';
import { decodeImage } from '@cppo/perturb';

/** Training samples, held-out questions and the trainer's own questions come from different seeds. */
export const seeds = { training: 7_000_001, heldOut: 7_000_002 };

/**
 * Lessons `start` to `start + count` of the endless sequence of a seed: the first `descriptions` of them
 * describe their picture, the rest answer their question.
 */
export async function lessons(policy, { seed, start, count, descriptions }) {
  const samples = drawSamples({ tasks: ['digits'], seed, start, count });
  return Promise.all(
    samples.map(async (sample, i) => {
      const describes = i < descriptions;
      const text = describes ? sample.description.reply.text : sample.reference;
      const spans = describes ? sample.description.reply.perception : sample.perception;
      const image = await decodeImage(await sample.image.png());
      const ids = policy.tokenizer.encode(text);
      const pieces = Array.from(ids, (id) => policy.tokenizer.decode([id]));
      // Only digits: colours are learned at once and say little.
      const digits = spans.filter(([from]) => /\d/.test(text[from]));
      return {
        prompt: policy.encode({
          prompt: describes ? sample.description.question : sample.question,
          images: [image],
        }),
        completion: Int32Array.from([...ids, policy.tokenizer.tokenId('<|im_end|>')]),
        seen: tokensInSpans(pieces, digits),
      };
    }),
  );
}

/** The lessons as what `score` takes. */
export function asRequests(batch) {
  return batch.map(({ prompt, completion }) => ({ prompt, completions: [completion] }));
}
