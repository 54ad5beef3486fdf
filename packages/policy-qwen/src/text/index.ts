export {
  type ChatTemplateOptions,
  defaultChatTemplate,
  type Message,
  type MessagePart,
  renderChatTemplate,
} from './chat-template.js';
export { expandImageTokens } from './image-tokens.js';
export { QwenTokenizer, type TokenizerFiles } from './qwen-tokenizer.js';
