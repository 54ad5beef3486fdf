import { withLastOfUser } from '../fields/last-of-user.js';
import type { Sample, Turn } from '../sample.js';

/** A prompt as data: text in which `{question}` stands for the question. */
export interface PromptTemplate {
  readonly name: string;
  readonly text: string;
}

/** The instruction that the paper appends to every question (CPPO, arXiv:2601.00501). */
export const cppoInstruction =
  'You FIRST think about the reasoning process as an internal monologue and then provide the final answer. ' +
  'The reasoning process MUST BE enclosed within <think> </think> tags. ' +
  'The final answer MUST BE put in \\boxed{}.';

/** Asks for what Vision-SR1 rewards (arXiv:2508.19652): a description that does without the picture, a thought, an answer. */
export const describedInstruction =
  'First describe the picture within <description> </description> tags, in such detail that the question can be answered ' +
  'from the description alone. Then reason step by step from it within <think> </think> tags. Then put the final answer in ' +
  '\\boxed{}, and nothing after it.';

/** Templates by name; `cppo` is the default, `question` asks the bare question. */
export const promptTemplates = {
  cppo: { name: 'cppo', text: `{question} ${cppoInstruction}` },
  boxed: { name: 'boxed', text: '{question} Put the final answer in \\boxed{}.' },
  question: { name: 'question', text: '{question}' },
  described: { name: 'described', text: `{question} ${describedInstruction}` },
} as const satisfies Record<string, PromptTemplate>;

/**
 * Renders the user message of a sample. A question that already contains the template's words (as data sets
 * prepared for other trainers do) is returned unchanged, so the instruction never appears twice.
 *
 * @param sample its question.
 * @param template the paper's instruction by default.
 * @returns the message.
 * @throws TypeError when the template has no `{question}`.
 * @example
 * renderPrompt({ question: '2 + 2?' }, promptTemplates.boxed); // '2 + 2? Put the final answer in \\boxed{}.'
 */
export function renderPrompt(
  sample: Pick<Sample, 'question'>,
  template: PromptTemplate = promptTemplates.cppo,
): string {
  if (!template.text.includes('{question}')) {
    throw new TypeError(
      `renderPrompt: found template "${template.name}" without {question}; expected it once`,
    );
  }
  const [before = '', after = ''] = template.text.split('{question}');
  const question = sample.question;
  const own = [before.trim(), after.trim()].filter((part) => part !== '');
  if (own.length > 0 && own.every((part) => question.includes(part))) return question;
  return before + question + after;
}

/**
 * Renders the conversation of a sample: its turns, with the template applied to the user's last one.
 *
 * @param sample its question, and its turns where there are several.
 * @param template the paper's instruction by default.
 * @returns the turns.
 * @throws TypeError when the template has no `{question}`.
 * @example
 * renderTurns({ question: '2 + 2?' }, promptTemplates.question); // [{ role: 'user', text: '2 + 2?' }]
 */
export function renderTurns(
  sample: Pick<Sample, 'question' | 'turns'>,
  template: PromptTemplate = promptTemplates.cppo,
): readonly Turn[] {
  const text = renderPrompt(sample, template);
  return sample.turns === undefined ? [{ role: 'user', text }] : withLastOfUser(sample.turns, text);
}
