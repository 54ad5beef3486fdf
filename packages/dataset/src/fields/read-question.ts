import { isRecord } from '../is-record.js';
import { show } from '../problem.js';
import { parseJson } from '../rows/parse-json.js';
import type { Turn } from '../sample.js';
import { imageTag } from './image-tag.js';

export interface Question {
  /** Text of the user's last turn. */
  readonly text: string;
  /** The whole conversation, where it is more than one user turn. */
  readonly turns?: readonly Turn[];
  /** Pictures inside the messages. */
  readonly images: readonly unknown[];
}

/** Complaint that completes "found …; expected …". */
export interface Complaint {
  readonly found: string;
  readonly expected: string;
}

const roles = ['system', 'user', 'assistant'] as const;

/**
 * A question from text or from chat messages (`[{ role, content }]`, content being text or a list of text and image parts).
 * Image parts become `<image>` tags at their places. The last turn is the user's, or the beginning of an answer by the
 * assistant. Whatever else a message says is refused: nothing of it would reach the model.
 */
export function readQuestion(value: unknown): Question | Complaint {
  const messages = typeof value === 'string' ? messagesIn(value) : value;
  if (typeof messages === 'string') {
    return messages.trim() === ''
      ? { found: 'empty text', expected: 'a question' }
      : { text: messages, images: [] };
  }
  if (!Array.isArray(messages)) return { found: show(messages), expected: 'text or a list of chat messages' };
  const images: unknown[] = [];
  const turns: Turn[] = [];
  for (const message of messages) {
    const turn = readMessage(message, images);
    if ('found' in turn) return turn;
    turns.push(turn);
  }
  const asked = turns.findLast(({ role }) => role === 'user');
  if (asked === undefined) return { found: '0 user messages', expected: 'at least one' };
  if (asked.text.trim() === '') return { found: 'a user message without text', expected: 'a question' };
  const last = turns.at(-1)!;
  if (last.role === 'system') {
    return { found: 'a system message at the end', expected: 'a message of the user or the assistant there' };
  }
  if (last.role === 'assistant' && last.text.trim() === '') {
    return { found: 'an assistant message without text', expected: 'the beginning of an answer, or none' };
  }
  return { text: asked.text, images, ...(turns.length > 1 && { turns }) };
}

/** Messages that are stored as JSON text; any other text as it is. */
function messagesIn(text: string): unknown {
  if (!/^\s*\[\s*\{/.test(text)) return text;
  try {
    const list = parseJson(text);
    const isMessages =
      Array.isArray(list) && list.every((each) => typeof each === 'object' && each && 'role' in each);
    return isMessages ? list : text;
  } catch {
    return text;
  }
}

function readMessage(message: unknown, images: unknown[]): Turn | Complaint {
  if (!isRecord(message)) {
    return { found: `a message that is ${show(message)}`, expected: 'an object with role and content' };
  }
  const { role, content, ...more } = message;
  const known = roles.find((each) => each === role);
  if (known === undefined) {
    return { found: `a message with role ${show(role)}`, expected: 'role system, user or assistant' };
  }
  const other = heldKey(more);
  if (other !== undefined) {
    return {
      found: `"${other}" in the ${known} message`,
      expected: 'role and content, for nothing else reaches the model',
    };
  }
  if (typeof content === 'string') return { role: known, text: content };
  if (!Array.isArray(content)) {
    return {
      found: `${show(content)} as content of the ${known} message`,
      expected: 'text, or a list of parts',
    };
  }
  let text = '';
  for (const part of content) {
    const read = readPart(part, images);
    if (typeof read !== 'string') return read;
    text += read;
  }
  return { role: known, text };
}

/** The text of a part; a picture becomes a tag and is put to `images` where the part holds it. */
function readPart(part: unknown, images: unknown[]): string | Complaint {
  if (!isRecord(part)) {
    return { found: `a part that is ${show(part)}`, expected: 'an object with type' };
  }
  const { type, text, image, image_url: url, ...more } = part;
  if (type === 'text') {
    const other = heldKey({ image, image_url: url, ...more });
    if (other !== undefined) return { found: `"${other}" in a text part`, expected: 'type and text alone' };
    return typeof text === 'string' ? text : { found: `${show(text)} as text of a part`, expected: 'text' };
  }
  if (type !== 'image' && type !== 'image_url') {
    return { found: `a part of type ${show(type)}`, expected: 'type text or image' };
  }
  const { url: address, path, base64, bytes, ...settings } = more;
  const other = heldKey({ text, ...settings }) ?? detailOf(url);
  if (other !== undefined) {
    return {
      found: `"${other}" in an image part`,
      expected: 'the picture alone; data.minPixels and data.maxPixels bound all pictures',
    };
  }
  const held = [image, url, address, path, base64, bytes].filter((each) => !isNothing(each));
  if (held.length > 1) return { found: 'an image part with several pictures', expected: 'one' };
  images.push(...held);
  return imageTag;
}

/** OpenAI's wish for a resolution, where it is one. */
function detailOf(url: unknown): string | undefined {
  const detail = isRecord(url) ? url.detail : undefined;
  return isNothing(detail) || detail === 'auto' ? undefined : 'detail';
}

/** The first key that holds something: columnar files give every key to every part. */
function heldKey(values: Readonly<Record<string, unknown>>): string | undefined {
  return Object.keys(values).find((key) => !isNothing(values[key]));
}

/** Null, or a list or struct of nulls. */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'object' || value instanceof Uint8Array) return false;
  return Object.values(value).every(isNothing);
}
