export {
  type ChatTemplate,
  type ChatTemplateOptions,
  compileChatTemplate,
  defaultChatTemplate,
  type Message,
  type MessagePart,
} from './chat-template.js';
export { expandImageTokens } from './image-tokens.js';
export { type DecodeOptions, QwenTokenizer, type TokenizerFiles } from './qwen-tokenizer.js';
