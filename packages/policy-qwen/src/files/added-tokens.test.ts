import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { QwenTokenizer } from '../text/index.js';
import reference from './__fixtures__/added-tokens.json' with { type: 'json' };
import { withAddedTokens } from './added-tokens.js';

const read = (name: string) =>
  JSON.parse(
    readFileSync(new URL(`../files/__fixtures__/nested-bf16/${name}`, import.meta.url), 'utf8'),
  ) as Record<string, unknown>;
const tokenizerJson = read('tokenizer.json');
const tokenizerConfig = read('tokenizer_config.json');
const config = read('config.json');
const roomy = { ...config, text_config: { ...(config.text_config as object), vocab_size: 512 } };
const size = new QwenTokenizer({ tokenizerJson, tokenizerConfig, config }).size;

describe('withAddedTokens', () => {
  it.each(reference.cases)('numbers and splits as transformers: $name', (item) => {
    const changed = { ...tokenizerConfig, ...(item.tokenizerConfig as Record<string, unknown>) };
    const tokenizer = new QwenTokenizer({
      tokenizerJson: withAddedTokens(tokenizerJson, changed, item.addedTokens ?? {}),
      tokenizerConfig: changed,
      config: roomy,
    });
    expect(tokenizer.size).toBe(item.size);
    for (const { text, ids, plain } of item.encoded) {
      expect([text, ...tokenizer.encode(text)]).toEqual([text, ...ids]);
      expect([text, tokenizer.decode(ids)]).toEqual([text, plain]);
    }
  });

  it('leaves a tokenizer alone whose other files know no more', () => {
    expect(withAddedTokens(tokenizerJson, tokenizerConfig)).toBe(tokenizerJson);
  });

  it.each([
    [{ '<new>': 3 }, `added_tokens.json gives "<new>" the id 3; expected ${size}, the next after`],
    [{ '<new>': size + 5 }, `gives "<new>" the id ${size + 5}; expected ${size}`],
    [{ '<|im_end|>': size }, `gives "<|im_end|>" the id ${size}, and tokenizer.json 478`],
    [{ '<new>': 'x' }, 'added_tokens.json holds {"<new>":"x"}; expected an id by its token'],
  ])('refuses %j', (added, message) => {
    expect(() => withAddedTokens(tokenizerJson, tokenizerConfig, added)).toThrow(message);
  });
});
