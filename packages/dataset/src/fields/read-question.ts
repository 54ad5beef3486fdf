import { show } from '../problem.js';

/** The `<image>` tag that marks a picture's place in a question. */
export const imageTag = '<image>';

export interface Question {
  readonly text: string;
  /** Text of system messages, when the question was a conversation with some. */
  readonly system?: string;
  /** Pictures that stand inside the messages. */
  readonly images: readonly unknown[];
}

/** Complaint that completes "found …; expected …". */
export interface Complaint {
  readonly found: string;
  readonly expected: string;
}

/**
 * A question from text or from chat messages (`[{ role, content }]`, content being text or a list of text and image parts).
 * Image parts become `<image>` tags at their places.
 */
export function readQuestion(value: unknown): Question | Complaint {
  if (typeof value === 'string') {
    return value.trim() === ''
      ? { found: 'empty text', expected: 'a question' }
      : { text: value, images: [] };
  }
  if (!Array.isArray(value)) return { found: show(value), expected: 'text or a list of chat messages' };
  const system: string[] = [];
  const user: string[] = [];
  const images: unknown[] = [];
  for (const message of value) {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if (role === 'system') system.push(contentText(content, images));
    else if (role === 'user') user.push(contentText(content, images));
    else if (role === 'assistant') continue;
    else return { found: `a message with role ${show(role)}`, expected: 'role system, user or assistant' };
  }
  if (user.length !== 1) return { found: `${user.length} user messages`, expected: 'exactly one' };
  if (user[0]!.trim() === '') return { found: 'a user message without text', expected: 'a question' };
  return { text: user[0]!, images, ...(system.length > 0 && { system: system.join('\n') }) };
}

function contentText(content: unknown, images: unknown[]): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: { type?: unknown; text?: unknown; image?: unknown; image_url?: unknown }) => {
      if (part?.type === 'image' || part?.type === 'image_url') {
        const image = part.image ?? part.image_url ?? undefined;
        if (image !== undefined) images.push(image);
        return imageTag;
      }
      return typeof part?.text === 'string' ? part.text : '';
    })
    .join('');
}

/** Number of `<image>` tags in a text. */
export function countImageTags(text: string): number {
  return text.split(imageTag).length - 1;
}
