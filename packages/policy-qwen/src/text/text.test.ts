import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import reference from './__fixtures__/text.json' with { type: 'json' };
import {
  compileChatTemplate,
  defaultChatTemplate,
  expandImageTokens,
  type Message,
  QwenTokenizer,
} from './index.js';

const read = (name: string) =>
  readFileSync(new URL(`../files/__fixtures__/nested-bf16/${name}`, import.meta.url), 'utf8');
const files = {
  tokenizerJson: JSON.parse(read('tokenizer.json')) as Record<string, unknown>,
  tokenizerConfig: JSON.parse(read('tokenizer_config.json')) as Record<string, unknown>,
  config: JSON.parse(read('config.json')) as Record<string, unknown>,
  generationConfig: JSON.parse(read('generation_config.json')) as Record<string, unknown>,
  chatTemplate: read('chat_template.jinja'),
};
const tokenizer = new QwenTokenizer(files);

describe('QwenTokenizer', () => {
  it('encodes as transformers', () => {
    expect(reference.encoded.length).toBeGreaterThan(100);
    for (const { text, ids } of reference.encoded) {
      expect([text, ...tokenizer.encode(text)]).toEqual([text, ...ids]);
    }
  });

  it('decodes as transformers, with and without special tokens', () => {
    for (const { ids, decoded, plain } of [...reference.encoded, ...reference.broken]) {
      expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(decoded);
      expect(tokenizer.decode(ids)).toBe(plain);
    }
  });

  it('gives back what it was given, in normal form C', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('<'));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text.normalize('NFC'));
      }),
    );
  });

  it('takes the special ids from the files', () => {
    expect(tokenizer.token(tokenizer.imageTokenId)).toBe('<|image_pad|>');
    expect(tokenizer.visionIds.map((id) => tokenizer.token(id))).toEqual([
      '<|image_pad|>',
      '<|video_pad|>',
      '<|vision_start|>',
      '<|vision_end|>',
    ]);
    expect(tokenizer.stopIds.map((id) => tokenizer.token(id))).toEqual(['<|im_end|>', '<|endoftext|>']);
    expect(tokenizer.token(tokenizer.padId)).toBe('<|endoftext|>');
    expect(tokenizer.tokenId('<|im_end|>')).toBe(tokenizer.stopIds[0]);
    expect(tokenizer.tokenId('nowhere')).toBeUndefined();
    expect(tokenizer.token(tokenizer.size)).toBeUndefined();
  });

  it('falls back from generation_config to config to tokenizer_config for the end', () => {
    const { generationConfig: _, ...without } = files;
    expect(new QwenTokenizer(without).stopIds).toEqual([tokenizer.stopIds[0]]);
    const config = { ...files.config, text_config: {} };
    expect(new QwenTokenizer({ ...without, config }).stopIds).toEqual([tokenizer.stopIds[0]]);
    expect(() => new QwenTokenizer({ ...without, config, tokenizerConfig: {} })).toThrow('no eos_token_id');
  });

  it("stops at the tokenizer's own end token where generation_config.json names another", () => {
    const generationConfig = { eos_token_id: tokenizer.tokenId('<|endoftext|>') };
    const stops = new QwenTokenizer({ ...files, generationConfig }).stopIds;
    expect(stops.map((id) => tokenizer.token(id))).toEqual(['<|endoftext|>', '<|im_end|>']);
  });

  it('refuses an embedding with fewer rows than there are tokens', () => {
    const withRows = (rows: number) => () =>
      new QwenTokenizer({ ...files, config: { ...files.config, text_config: { vocab_size: rows } } });
    expect(withRows(tokenizer.size)).not.toThrow();
    expect(withRows(tokenizer.size - 1)).toThrow(
      `the tokenizer has ${tokenizer.size} tokens (the last is "${tokenizer.token(tokenizer.size - 1)}"), and the embedding ${tokenizer.size - 1} rows`,
    );
  });

  it('leaves out ids that have no token, as the padding rows of an embedding', () => {
    const ids = [...tokenizer.encode('red'), tokenizer.size, tokenizer.size + 100];
    expect(tokenizer.decode(ids)).toBe('red');
  });

  it('names what is wrong with the ids of a config', () => {
    const withConfig = (config: Record<string, unknown>) => () =>
      new QwenTokenizer({ ...files, config: { ...files.config, ...config } });
    expect(withConfig({ image_token_id: undefined })).toThrow(/"image_token_id" in config.json is undefined/);
    expect(withConfig({ image_token_id: 151655 })).toThrow(
      'image_token_id is 151655, which tokenizer.json (498 tokens)',
    );
    expect(withConfig({ video_token_id: 'x' })).toThrow(
      '"video_token_id" in config.json is "x"; expected a token id',
    );
    expect(() => new QwenTokenizer({ ...files, generationConfig: { eos_token_id: ['a'] } })).toThrow(
      'eos_token_id in generation_config.json is ["a"]',
    );
    expect(() => new QwenTokenizer({ ...files, tokenizerJson: {} })).toThrow('tokenizer.json has no "model"');
  });
});

describe('chat template', () => {
  it('renders as transformers, from the model and built in', () => {
    const builtIn = new QwenTokenizer({ ...files, chatTemplate: undefined });
    for (const chat of reference.chats) {
      const options = {
        addGenerationPrompt: chat.addGenerationPrompt,
        variables: { add_vision_id: chat.addVisionId },
      };
      const messages = chat.messages as Message[];
      expect(tokenizer.applyChatTemplate(messages, options)).toBe(chat.text);
      expect(builtIn.applyChatTemplate(messages, options)).toBe(chat.text);
    }
  });

  it('renders the published example letter for letter', () => {
    const messages: Message[] = [
      { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'Describe this image.' }] },
    ];
    expect(compileChatTemplate(defaultChatTemplate('You are a helpful assistant.'))(messages)).toBe(
      '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n' +
        '<|vision_start|><|image_pad|><|vision_end|>Describe this image.<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('says when a template is none, and passes on what a template refuses', () => {
    expect(() => compileChatTemplate('{% for %}')).toThrow(/the chat template is not valid Jinja \(.+\)/);
    const refusing = compileChatTemplate("{{ raise_exception('system turns only: ' + eos_token) }}", {
      eos_token: 'E',
    });
    expect(() => refusing([])).toThrow(
      'applyChatTemplate: the chat template does not take the prompt: system turns only: E',
    );
  });

  it('keeps spaces and line breaks of what is said', () => {
    const messages: Message[] = [{ role: 'user', content: '  a\n\n b  \n' }];
    expect(compileChatTemplate(defaultChatTemplate('You are a helpful assistant.'))(messages)).toContain(
      'user\n  a\n\n b  \n<|im_end|>',
    );
  });
});

describe('prompts with images', () => {
  it('are those of the transformers processor', () => {
    for (const { messages, grids, ids } of reference.prompts) {
      const encoded = tokenizer.encodePrompt(messages as Message[], grids as [number, number, number][], 2);
      expect([...encoded]).toEqual(ids);
    }
  });

  it('enclose the tokens of the image as in the published worked example', () => {
    const { messages } = reference.prompts[0]!;
    const ids = tokenizer.encodePrompt(messages as Message[], [[1, 6, 8]], 2);
    const image = tokenizer.imageTokenId;
    const first = ids.indexOf(image);
    expect(ids.filter((id) => id === image).length).toBe(12);
    expect(ids.slice(first, first + 12).every((id) => id === image)).toBe(true);
    expect(tokenizer.token(ids[first - 1]!)).toBe('<|vision_start|>');
    expect(tokenizer.token(ids[first + 12]!)).toBe('<|vision_end|>');
  });

  it('are refused when images and image tokens differ in number, never cut', () => {
    const one: Message[] = [{ role: 'user', content: [{ type: 'image' }] }];
    expect(() => tokenizer.encodePrompt(one, [], 2)).toThrow('the prompt has 1 image token for 0 images');
    const written: Message[] = [
      { role: 'user', content: [{ type: 'image' }, { type: 'text', text: '<|image_pad|>' }] },
    ];
    expect(() => tokenizer.encodePrompt(written, [[1, 4, 4]], 2)).toThrow('2 image tokens for 1 image;');
    expect(() => tokenizer.encodePrompt(one, [[1, 3, 5]], 2)).toThrow(
      'image 0 has a grid of [1, 3, 5] patches',
    );
  });

  it('are refused when they have a video', () => {
    const video = [{ role: 'user', content: [{ type: 'text', text: '<|video_pad|>' }] }] as Message[];
    expect(() => tokenizer.encodePrompt(video, [], 2)).toThrow(
      'has a video token (<|video_pad|>); expected text and images',
    );
  });

  it('grow by the tokens of each image, in order', () => {
    const grid = fc.tuple(fc.constant(1), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }));
    fc.assert(
      fc.property(fc.array(grid, { maxLength: 4 }), (halves) => {
        const grids = halves.map(([t, h, w]) => [t, 2 * h, 2 * w] as const);
        const ids = grids.flatMap((_, i) => [i + 1, 99]);
        const expanded = [...expandImageTokens(ids, 99, grids, 2)];
        const expected = halves.flatMap(([, h, w], i) => [i + 1, ...new Array<number>(h * w).fill(99)]);
        expect(expanded).toEqual(expected);
      }),
    );
  });
});

describe('what a conversation says', () => {
  const ask: Message[] = [
    { role: 'system', content: 'Answer in French' },
    { role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'How many?' }] },
  ];

  it('is continued where the last turn is the beginning of the answer, as transformers does', () => {
    const begun: Message[] = [...ask, { role: 'assistant', content: 'I count ' }];
    const text = tokenizer.applyChatTemplate(begun, { continueFinalMessage: true });
    expect(text).toMatch(/How many\?<\|im_end\|>\n<\|im_start\|>assistant\nI count $/);
    const trimming = compileChatTemplate('{% for m in messages %}[{{ m.content | trim }}]{% endfor %}');
    expect(trimming([{ role: 'assistant', content: ' x ' }], { continueFinalMessage: true })).toBe('[x');
  });

  it('reaches a template that takes texts only, which has no place for a picture', () => {
    const textOnly = compileChatTemplate(
      '{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}',
    );
    const parts = [{ type: 'text', text: 'How ' } as const, { type: 'text', text: 'many?' } as const];
    expect(textOnly([{ role: 'user', content: parts }])).toBe('user: How many?\n');
    expect(() => textOnly(ask)).toThrow(
      /^applyChatTemplate: the chat template takes texts only, but the prompt holds a picture/,
    );
  });

  it('reaches a template that takes parts only', () => {
    const partsOnly = compileChatTemplate(
      "{% for m in messages %}{% for p in m.content %}{{ p.text if p.type == 'text' else '#' }}{% endfor %}{% endfor %}",
    );
    expect(partsOnly(ask)).toBe('Answer in French#How many?');
  });

  it('is missed by name when a template leaves it out', () => {
    const without = compileChatTemplate(
      "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}",
    );
    const turns: Message[] = [ask[0]!, { role: 'user', content: 'How many?' }];
    expect(() => without(turns)).toThrow('leaves out "Answer in French" of the system turn');
  });

  it('may be trimmed, and an earlier answer may lose its thoughts', () => {
    const thrifty = compileChatTemplate(
      "{% for m in messages %}{{ m.content.split('</think>')[-1] | trim }};{% endfor %}",
    );
    const turns: Message[] = [
      { role: 'user', content: ' a ' },
      { role: 'assistant', content: '<think>b</think> c' },
      { role: 'user', content: 'd' },
    ];
    expect(thrifty(turns)).toBe('a;c;d;');
  });

  it('does not depend on the line ends of the template', () => {
    const source = '{% for m in messages %}\n{{ m.content }}\n{% endfor %}\nend\n';
    const turns: Message[] = [{ role: 'user', content: 'x' }];
    const unix = compileChatTemplate(source)(turns);
    // As Jinja2 renders both.
    expect(unix).toBe('x\nend');
    expect(compileChatTemplate(source.replaceAll('\n', '\r\n'))(turns)).toBe(unix);
  });
});
