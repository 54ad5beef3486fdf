export type {
  ChatMessage,
  ChatModel,
  ChatPart,
  Sampled,
  SampledToken,
  SamplingOptions,
} from './chat-model.js';
export { type ChatServer, type ServeChatOptions, serveChat } from './serve-chat.js';
