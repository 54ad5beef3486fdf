import type { JsonObject } from './json-files.js';

/** A token outside the model's vocabulary, as tokenizer.json lists it under `added_tokens`. */
interface AddedToken extends JsonObject {
  readonly id: number;
  readonly content: string;
}

const plainToken = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false };

/**
 * tokenizer.json together with the tokens that only other files know: `added_tokens_decoder` of tokenizer_config.json,
 * added_tokens.json, and the names in `extra_special_tokens` or `additional_special_tokens`. As in transformers, these
 * follow in the order of their ids on the last token there is.
 *
 * @param addedTokens added_tokens.json: ids by token.
 * @throws RangeError when a token has another id than in tokenizer.json, or its id is taken or leaves a gap: the rows of
 *   the embedding would then belong to other tokens than those they were trained for.
 */
export function withAddedTokens(
  tokenizerJson: JsonObject,
  tokenizerConfig: JsonObject,
  addedTokens: JsonObject = {},
): JsonObject {
  const present = presentIds(tokenizerJson);
  let size = 0;
  for (const id of present.values()) size = Math.max(size, id + 1);

  const further: AddedToken[] = [];
  const declared = [...fromDecoder(tokenizerConfig), ...fromList(addedTokens)];
  for (const { file, token } of declared.sort((a, b) => a.token.id - b.token.id)) {
    const id = present.get(token.content);
    if (id === token.id) continue;
    const name = JSON.stringify(token.content);
    if (id !== undefined) {
      throw new RangeError(
        `QwenTokenizer: ${file} gives ${name} the id ${token.id}, and tokenizer.json ${id}.`,
      );
    }
    if (token.id !== size) {
      throw new RangeError(
        `QwenTokenizer: ${file} gives ${name} the id ${token.id}; expected ${size}, the next after those of tokenizer.json.`,
      );
    }
    further.push(token);
    present.set(token.content, size++);
  }
  for (const content of specialNames(tokenizerConfig)) {
    if (present.has(content)) continue;
    further.push({ ...plainToken, special: true, content, id: size });
    present.set(content, size++);
  }
  if (further.length === 0) return tokenizerJson;
  return { ...tokenizerJson, added_tokens: [...addedTokenList(tokenizerJson), ...further] };
}

function presentIds(tokenizerJson: JsonObject): Map<string, number> {
  const { vocab } = (tokenizerJson.model ?? {}) as { readonly vocab?: Readonly<Record<string, number>> };
  const present = new Map(Object.entries(vocab ?? {}));
  for (const { content, id } of addedTokenList(tokenizerJson)) present.set(content, id);
  return present;
}

function addedTokenList(tokenizerJson: JsonObject): readonly AddedToken[] {
  return (tokenizerJson.added_tokens ?? []) as readonly AddedToken[];
}

function fromDecoder({ added_tokens_decoder: decoder }: JsonObject) {
  const file = 'added_tokens_decoder of tokenizer_config.json';
  return Object.entries((decoder ?? {}) as Readonly<Record<string, JsonObject>>).map(([key, flags]) => {
    const id = Number(key);
    if (!Number.isSafeInteger(id) || id < 0 || typeof flags?.content !== 'string') {
      throw new RangeError(
        `QwenTokenizer: ${file} holds ${JSON.stringify({ [key]: flags })}; expected a token by its id.`,
      );
    }
    return { file, token: { ...plainToken, ...flags, content: flags.content, id } };
  });
}

function fromList(addedTokens: JsonObject) {
  const file = 'added_tokens.json';
  return Object.entries(addedTokens).map(([content, id]) => {
    if (typeof id !== 'number' || !Number.isSafeInteger(id) || id < 0) {
      throw new RangeError(
        `QwenTokenizer: ${file} holds ${JSON.stringify({ [content]: id })}; expected an id by its token.`,
      );
    }
    return { file, token: { ...plainToken, content, id } };
  });
}

/** transformers 5 has renamed the older key. */
function specialNames(tokenizerConfig: JsonObject): string[] {
  const { extra_special_tokens: extra, additional_special_tokens: additional } = tokenizerConfig;
  const list = Array.isArray(extra) ? extra : Array.isArray(additional) ? additional : [];
  return list
    .map((token: unknown) =>
      typeof token === 'object' && token !== null ? (token as JsonObject).content : token,
    )
    .filter((token): token is string => typeof token === 'string');
}
