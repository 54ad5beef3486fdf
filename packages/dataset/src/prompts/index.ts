/** What makes a sample a prompt: it reads no file, and loads where there is no Node. */
export { countImageTags, imageTag } from '../fields/image-tag.js';
export type { ImageSource, Sample, Turn } from '../sample.js';
export {
  cppoInstruction,
  describedInstruction,
  type PromptTemplate,
  promptTemplates,
  renderPrompt,
  renderTurns,
} from './prompt-template.js';
