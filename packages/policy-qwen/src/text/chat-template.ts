import { Template } from '@huggingface/jinja';

/** Part of a message. Of an image only its place matters here: its pixels go through `prepareImage`. */
export type MessagePart = { readonly type: 'text'; readonly text: string } | { readonly type: 'image' };

/** One turn of a conversation. */
export interface Message {
  readonly role: string;
  readonly content: string | readonly MessagePart[];
}

export interface ChatTemplateOptions {
  /** End with the opening of the assistant's turn. Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Further variables for the template, such as `add_vision_id`. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/**
 * What Qwen2.5-VL's published template renders, for directories that come without one: each turn
 * between `<|im_start|>` and `<|im_end|>`, the default system turn in front unless the first is a system
 * turn, and one pad token between vision start and end for each image or video.
 */
export const defaultChatTemplate = `{%- set seen = namespace(images=0, videos=0) -%}
{%- for message in messages -%}
{%- if loop.first and message.role != 'system' -%}
{{- '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' -}}
{%- endif -%}
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

/** Renders a conversation as the text that the model reads. */
export type ChatTemplate = (messages: readonly Message[], options?: ChatTemplateOptions) => string;

/**
 * Compiles a Jinja chat template, to be rendered as transformers' `apply_chat_template` does.
 *
 * @param source Jinja source.
 * @param tokens variables such as `eos_token` that templates may use.
 * @throws RangeError when it is no valid Jinja; when rendering, the error that the template itself raises.
 */
export function compileChatTemplate(
  source: string,
  tokens: Readonly<Record<string, string>> = {},
): ChatTemplate {
  let template: Template;
  try {
    template = new Template(source);
  } catch (cause) {
    throw new RangeError(
      `compileChatTemplate: the chat template is not valid Jinja (${(cause as Error).message}).`,
      { cause },
    );
  }
  return (messages, { addGenerationPrompt = true, variables = {} } = {}) =>
    template.render({ ...tokens, ...variables, messages, add_generation_prompt: addGenerationPrompt });
}
