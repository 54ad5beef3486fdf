import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, promptTemplates, renderTurns, type Sample } from '../index.js';

const picture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rows-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function sampleOf(row: object): Promise<Sample> {
  const path = join(folder, 'rows.jsonl');
  writeFileSync(path, JSON.stringify({ answer: '1', ...row }));
  const set = await openDataset(path, { images: 'optional' });
  try {
    return await set.read(0);
  } finally {
    await set.close();
  }
}
/** The one broken row, without its file. */
async function faultOf(row: object): Promise<string> {
  const error = await sampleOf(row).catch((each: Error) => each);
  if (!(error instanceof Error)) throw new Error('the row was taken');
  return error.message.split('\n')[1]!.replace(/^.*rows\.jsonl:1: /, '');
}
const user = (content: unknown) => ({ role: 'user', content });
const asked = (...content: unknown[]) => ({ prompt: [user(content)] });

describe('what a row says reaches the model', () => {
  it('every turn, in order, with its pictures', async () => {
    const { question, turns, images } = await sampleOf({
      prompt: [
        { role: 'system', content: 'Answer in French' },
        user([
          { type: 'image', image: picture },
          { type: 'text', text: 'Look.' },
        ]),
        { role: 'assistant', content: 'I do.' },
        user([
          { type: 'text', text: 'How many?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
        ]),
        { role: 'assistant', content: 'There are' },
      ],
    });
    expect(question).toBe('How many?<image>');
    expect(images).toHaveLength(2);
    expect(turns).toEqual([
      { role: 'system', text: 'Answer in French' },
      { role: 'user', text: '<image>Look.' },
      { role: 'assistant', text: 'I do.' },
      { role: 'user', text: 'How many?<image>' },
      { role: 'assistant', text: 'There are' },
    ]);
    const rendered = renderTurns({ question, turns: turns! }, promptTemplates.boxed);
    expect(rendered.map(({ text }) => text)).toEqual([
      'Answer in French',
      '<image>Look.',
      'I do.',
      'How many?<image> Put the final answer in \\boxed{}.',
      'There are',
    ]);
  });

  it('a single turn is a question and no conversation', async () => {
    expect((await sampleOf(asked({ type: 'text', text: 'How?' }))).turns).toBeUndefined();
  });

  it('messages that are stored as JSON text', async () => {
    const prompt = JSON.stringify([{ role: 'system', content: 'S' }, user('Q')]);
    expect(await sampleOf({ prompt })).toMatchObject({
      question: 'Q',
      turns: [{ text: 'S' }, { text: 'Q' }],
    });
    expect(await sampleOf({ prompt: '[{x}] is what?' })).toMatchObject({ question: '[{x}] is what?' });
  });

  it('a system column, once', async () => {
    const turns = [
      { role: 'system', text: 'S' },
      { role: 'user', text: 'Q' },
    ];
    expect(await sampleOf({ question: 'Q', system: 'S' })).toMatchObject({ turns });
    expect(await sampleOf({ question: 'Q', system_prompt: 'S' })).toMatchObject({ turns });
    const prompt = [{ role: 'system', content: 'S' }, user('Q')];
    expect(await sampleOf({ prompt, system: 'S' })).toMatchObject({ turns });
    expect(await faultOf({ prompt, system: 'T' })).toBe(
      'field "system": found another system turn than the messages have; expected one of them',
    );
  });

  it('choices that the question does not show: with letters where the answer is one', async () => {
    const question = async (row: object) => (await sampleOf({ question: 'Which?', ...row })).question;
    const options = ['red', 'blue'];
    expect(await question({ options, answer: 'B' })).toBe('Which?\nChoices:\n(A) red\n(B) blue');
    expect(await question({ choices: { A: 'red', B: 'blue' }, answer: '(B)' })).toBe(
      'Which?\nChoices:\n(A) red\n(B) blue',
    );
    expect(await question({ options, answer: 'blue' })).toBe('Which?\nChoices: red; blue');
    const shown = 'Which?\nA. red\nB. blue';
    expect((await sampleOf({ question: shown, options, answer: 'B' })).question).toBe(shown);
  });
});

describe('what would not reach the model is refused by name', () => {
  it.each([
    [{ prompt: [user('Q'), { role: 'tool', content: 'x' }] }, 'a message with role "tool"'],
    [{ prompt: [{ from: 'human', value: 'Q' }] }, 'a message with role nothing'],
    [
      { prompt: [user('Q'), { role: 'assistant', content: null, tool_calls: [{ id: 1 }] }] },
      '"tool_calls" in the assistant message',
    ],
    [{ prompt: [{ ...user('Q'), name: 'Ann' }] }, '"name" in the user message'],
    [{ prompt: [user('Q'), { role: 'assistant', content: ' ' }] }, 'an assistant message without text'],
    [{ prompt: [user(3)] }, 'number 3 as content'],
    [{ prompt: ['Q'] }, 'a message that is "Q"'],
    [asked('Q'), 'a part that is "Q"'],
    [asked({ type: 'video', video: 'a.mp4' }), 'a part of type "video"'],
    [asked({ type: 'input_audio', input_audio: {} }), 'a part of type "input_audio"'],
    [asked({ type: 'text', text: 'Q', weight: 2 }), '"weight" in a text part'],
    [
      asked({ type: 'text', text: 'Q' }, { type: 'image', image: picture, max_pixels: 9 }),
      '"max_pixels" in an image part',
    ],
    [
      asked({ type: 'text', text: 'Q' }, { type: 'image_url', image_url: { url: picture, detail: 'low' } }),
      '"detail" in an image part',
    ],
    [
      asked({ type: 'text', text: 'Q' }, { type: 'image', image: picture, url: picture }),
      'an image part with several pictures',
    ],
    [{ question: 'Q', tools: [{ name: 'f' }] }, 'field "tools": found something; expected nothing'],
    [{ question: 'Q', videos: ['a.mp4'] }, 'field "videos": found something'],
    [
      { question: 'Q', messages: [{ role: 'system', content: 'S' }, user('Q')] },
      'field "messages": found chat messages beside the question in question',
    ],
    [
      { question: 'Q', image: picture, images: [picture, picture] },
      'field "image": found 1 of the pictures in image, others in images',
    ],
    [
      {
        ...asked({ type: 'text', text: 'Q' }, { type: 'image', image: picture }),
        images: [picture, picture],
      },
      'others in images',
    ],
  ])('%j', async (row, found) => {
    expect(await faultOf(row)).toContain(found);
  });

  it('but keys that hold nothing, as columnar files give them to every part, are none', async () => {
    const nothing = { tools: null, videos: [], functions: '' };
    const prompt = [{ ...user([{ type: 'text', text: 'Q', image: null, video: null }]), tool_calls: null }];
    expect(await sampleOf({ prompt, ...nothing })).toMatchObject({ question: 'Q' });
  });
});
