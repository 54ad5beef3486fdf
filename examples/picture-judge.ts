import type { RewardPartFunction } from '@cppo/trainer';

interface JudgeOptions {
  /** Of an OpenAI-compatible server whose model sees pictures, such as http://localhost:8000/v1. */
  baseUrl: string;
  model: string;
}

/** What a larger model thinks of a completion, given the question and its pictures: marks from 0 to 10, as 0 to 1. */
export default function pictureJudge({ baseUrl, model }: JudgeOptions): RewardPartFunction {
  return async ({ question, completion, answer, images = [] }) => {
    const pictures = await Promise.all(
      images.map(async (image) => {
        const bytes = Buffer.from(await image.bytes()).toString('base64');
        return { type: 'image_url', image_url: { url: `data:image/png;base64,${bytes}` } };
      }),
    );
    const text =
      `${question}\n\nThe right answer is ${answer}. A student wrote:\n${completion}\n\n` +
      'Does what the student says to see agree with the picture? Reply with a whole number from 0 to 10 only.';
    const response = await fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model,
        temperature: 0,
        max_tokens: 4,
        messages: [{ role: 'user', content: [...pictures, { type: 'text', text }] }],
      }),
    });
    const reply = await response.json();
    const mark = Number(/\d+/.exec(reply.choices?.[0]?.message?.content ?? '')?.[0] ?? Number.NaN);
    // A judge that gives no mark cannot tell, and what it did not judge teaches nothing.
    return mark <= 10 ? mark / 10 : Number.NaN;
  };
}
