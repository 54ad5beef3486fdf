import { choiceList, letteredChoices, letterOf, withChoices } from '../layouts/choices.js';

/**
 * Puts the choices of a row below its question, where the question does not show them: with letters where the answer is one,
 * else as a list.
 */
export function withShownChoices(question: string, choices: unknown, answer: unknown): string {
  const list = listOf(choices).map((choice) => choice.trim());
  if (list.length === 0 || shows(question, list)) return question;
  const letter = typeof answer === 'string' && /^\W*[A-Z]\W*$/i.test(answer.replace(/\\boxed|\\text/g, ''));
  if (letter && !list.includes(answer.trim())) return withChoices(question, list);
  return `${question}\nChoices: ${list.join('; ')}`;
}

function shows(question: string, list: readonly string[]): boolean {
  const lettered = list.every((_, at) => new RegExp(`(^|[\\s(])${letterOf(at)}[).:,]`, 'm').test(question));
  return lettered && list.every((choice) => question.includes(choice));
}

/** Choices as a list, as JSON or Python prints one, as a struct of letters, or in one line of letters. */
function listOf(choices: unknown): string[] {
  if (typeof choices === 'string') {
    return /^\s*\[/.test(choices) ? choiceList(choices) : letteredChoices(choices);
  }
  if (Array.isArray(choices)) return choices.filter((each) => each !== null).map(String);
  if (typeof choices !== 'object' || choices === null || choices instanceof Uint8Array) return [];
  const entries = Object.entries(choices).filter(([, choice]) => choice !== null && choice !== '');
  return entries.every(([key], at) => key.toUpperCase() === letterOf(at))
    ? entries.map(([, each]) => String(each))
    : [];
}
