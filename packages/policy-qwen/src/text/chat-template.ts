import { Template } from '@huggingface/jinja';
import { withoutLoopControls } from './loop-controls.js';

/** Part of a message. Of an image only its place matters here: its pixels go through `prepareImage`. */
export type MessagePart = { readonly type: 'text'; readonly text: string } | { readonly type: 'image' };

/** One turn of a conversation. */
export interface Message {
  readonly role: string;
  readonly content: string | readonly MessagePart[];
}

export interface ChatTemplateOptions {
  /** End with the opening of the assistant's turn. Default true, false where the last turn is continued. */
  readonly addGenerationPrompt?: boolean;
  /** The last turn is the beginning of the answer: nothing follows its text. Default false. */
  readonly continueFinalMessage?: boolean;
  /** Further variables for the template, such as `add_vision_id`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/**
 * What the published templates render, for directories that come without one: each turn between `<|im_start|>` and
 * `<|im_end|>`, the default system turn in front, if the family has one, unless the first is a system turn, and one pad token
 * between vision start and end for each image or video.
 *
 * @param system text of the default system turn.
 */
export function defaultChatTemplate(system: string | undefined): string {
  const defaultTurn = `{%- if loop.first and message.role != 'system' -%}
{{- '<|im_start|>system\\n${system}<|im_end|>\\n' -}}
{%- endif -%}`;
  return `{%- set seen = namespace(images=0, videos=0) -%}
{%- for message in messages -%}
${system === undefined ? '' : defaultTurn}
{{- '<|im_start|>' + message.role + '\\n' -}}
{%- if message.content is string -%}
{{- message.content -}}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' or 'image' in part or 'image_url' in part -%}
{%- set seen.images = seen.images + 1 -%}
{{- 'Picture ' + seen.images|string + ': ' if add_vision_id else '' -}}
{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}
{%- elif part.type == 'video' or 'video' in part -%}
{%- set seen.videos = seen.videos + 1 -%}
{{- 'Video ' + seen.videos|string + ': ' if add_vision_id else '' -}}
{{- '<|vision_start|><|video_pad|><|vision_end|>' -}}
{%- elif 'text' in part -%}
{{- part.text -}}
{%- endif -%}
{%- endfor -%}
{%- endif -%}
{{- '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- endif -%}`;
}

/** Renders a conversation as the text that the model reads. */
export type ChatTemplate = (messages: readonly Message[], options?: ChatTemplateOptions) => string;

/**
 * Compiles a Jinja chat template, to be rendered as transformers' `apply_chat_template` does. Beyond that, what a
 * conversation contains must appear in the rendered prompt; and a template that takes contents as texts only gets texts.
 *
 * @param source Jinja source; line ends may be of any kind.
 * @param tokens variables such as `eos_token` that templates may use.
 * @throws RangeError when it is no valid Jinja; when rendering, with what the template itself raises, or naming the turn or
 *   the picture that it leaves out.
 */
export function compileChatTemplate(
  source: string,
  tokens: Readonly<Record<string, string>> = {},
): ChatTemplate {
  let template: Template;
  try {
    // As Jinja does, which knows one kind of line end.
    template = new Template(source.replace(/\r\n?/g, '\n'));
    withoutLoopControls(template.parsed);
  } catch (cause) {
    throw new RangeError(
      `compileChatTemplate: the chat template is not valid Jinja (${(cause as Error).message}).`,
      { cause },
    );
  }
  const render = (
    messages: readonly Message[],
    addGenerationPrompt: boolean,
    variables: Readonly<Record<string, unknown>> = {},
  ) => template.render({ ...tokens, ...variables, messages, add_generation_prompt: addGenerationPrompt });
  let takes: ContentKinds | undefined;
  return (messages, { addGenerationPrompt, continueFinalMessage = false, variables } = {}) => {
    takes ??= contentKinds((content) => render([{ role: 'user', content }], true));
    const arranged = arrange(messages, takes);
    let text: string;
    try {
      text = render(arranged, addGenerationPrompt ?? !continueFinalMessage, variables);
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new RangeError(`applyChatTemplate: the chat template does not take the prompt: ${reason}`, {
        cause,
      });
    }
    checkContained(messages, text);
    return continueFinalMessage ? untilEndOf(messages.at(-1), text) : text;
  };
}

/** The forms of a content that a template renders. */
interface ContentKinds {
  readonly text: boolean;
  readonly parts: boolean;
}

const probe = 'cppoprobe';

/** Finds out by a short text. A template made for texts shows parts as data, in which their keys can be read. */
function contentKinds(render: (content: Message['content']) => string): ContentKinds {
  const rendered = (content: Message['content']): string => {
    try {
      return render(content);
    } catch {
      return '';
    }
  };
  const keys = /["']type["']\s*:/;
  const text = rendered(probe);
  const parts = rendered([{ type: 'text', text: probe }]);
  return {
    text: text.includes(probe),
    parts: parts.includes(probe) && (keys.test(text) || !keys.test(parts)),
  };
}

/** The turns in a form that the template renders. */
function arrange(messages: readonly Message[], takes: ContentKinds): readonly Message[] {
  if (takes.text === takes.parts) return messages;
  return messages.map((message): Message => {
    const { role, content } = message;
    if (takes.parts) {
      return typeof content === 'string' ? { role, content: [{ type: 'text', text: content }] } : message;
    }
    if (typeof content === 'string') return message;
    if (content.some(({ type }) => type !== 'text')) {
      throw new RangeError(
        'applyChatTemplate: the chat template takes texts only, but the prompt holds a picture; expected a template with a place for pictures, such as that of Qwen2.5-VL.',
      );
    }
    return { role, content: textsOf(message).join('') };
  });
}

/** Templates may trim a text, or leave out what an earlier answer thought; they may not drop content. */
function checkContained(messages: readonly Message[], rendered: string): void {
  for (const [at, message] of messages.entries()) {
    const earlier = message.role === 'assistant' && at < messages.length - 1;
    for (const text of textsOf(message)) {
      const said = (earlier ? (text.split('</think>').at(-1) ?? text) : text).trim();
      if (rendered.includes(said)) continue;
      throw new RangeError(
        `applyChatTemplate: the chat template leaves out ${JSON.stringify(shortened(said))} of the ${message.role} turn; expected it in the prompt.`,
      );
    }
  }
}

/** The prompt up to the end of the last turn, for the model to continue (transformers' `continue_final_message`). */
function untilEndOf(last: Message | undefined, rendered: string): string {
  const text = last && textsOf(last).at(-1);
  if (text === undefined) {
    throw new RangeError('applyChatTemplate: found no text in the last turn; expected one to continue.');
  }
  const at = rendered.lastIndexOf(text.trim());
  const whole = rendered.startsWith(text, at);
  return rendered.slice(0, at + (whole ? text : text.trim()).length);
}

function textsOf({ content }: Message): string[] {
  if (typeof content === 'string') return [content];
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
