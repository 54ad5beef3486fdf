import { requireNames } from '@cppo/checked-options';
import type { Sample } from '../sample.js';
import { finalAnswer } from './final-answer.js';
import { choiceLetter, choiceLetters, type Equal, numberIn, numberList, same } from './read-answer-forms.js';

export interface Verdict {
  readonly correct: boolean;
  /** The answer as understood, when one was found. */
  readonly answer?: string;
  readonly why: string;
}

/** One of the paper's benchmarks. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  /** Where its authors publish it, as a specification for `openDataset`. */
  readonly spec: string;
  /** Judges an answer that was found in a completion. */
  judge(answer: string, sample: Sample, equal: Equal): Promise<Verdict>;
  /** Headings under which accuracies are listed: name → value, or several. */
  groups(sample: Sample): Readonly<Record<string, unknown>>;
}

export interface ScoreOptions {
  /** Judges free-form answers. */
  readonly equal: Equal;
  /** Accept only `\boxed{…}`, as in training. Default false: also answer tags and "the answer is". */
  readonly boxedOnly?: boolean;
}

/** No answer of a benchmark comes near it; a model that loops inside a box does. */
const longestAnswer = 2000;

/**
 * Judges a completion by a benchmark's own rules.
 *
 * @param benchmark one of `benchmarks`.
 * @param sample the question, its reference answer and metadata.
 * @param completion the model's reply.
 * @param options what judges free-form answers, and where an answer may be found.
 * @returns whether it is correct, the answer as understood, and why.
 * @throws RangeError when an option is unknown.
 * @example
 * const equal = async (answer, reference) => ({ equal: answer === reference, why: 'compared as text' });
 * const sample = { id: '1', question: '2 + 2?', answer: '4', images: [] };
 * const benchmark = benchmarkNamed('dynamath');
 * const { correct, answer } = await scoreCompletion(benchmark, sample, '\\boxed{4}', { equal });
 * correct; // true
 * answer; // '4'
 */
export async function scoreCompletion(
  benchmark: Benchmark,
  sample: Sample,
  completion: string,
  options: ScoreOptions,
): Promise<Verdict> {
  requireNames('scoreCompletion', options, { equal: true, boxedOnly: true });
  const found = finalAnswer(completion, options.boxedOnly);
  if (!found) return { correct: false, why: 'no answer was found' };
  if (found.text.length > longestAnswer) {
    return { correct: false, why: `an answer of ${found.text.length} characters is not judged` };
  }
  return benchmark.judge(found.text, sample, options.equal);
}

const field = (sample: Sample, name: string): unknown => sample.metadata?.[name];
const nested = (sample: Sample, name: string): unknown =>
  (field(sample, 'metadata') as Record<string, unknown> | undefined)?.[name];
const choices = (sample: Sample): readonly string[] =>
  (field(sample, 'choices') as readonly string[] | undefined) ?? [];

async function byLetter(
  answer: string,
  sample: Sample,
  given: readonly string[],
  equal: Equal,
): Promise<Verdict> {
  const letter = await choiceLetter(answer, given, equal);
  if (letter === undefined) return { correct: false, why: `"${answer}" names no choice` };
  return verdict(letter === sample.answer.trim().toUpperCase(), letter, `choice ${letter}`, sample.answer);
}

async function byEqual(answer: string, sample: Sample, equal: Equal): Promise<Verdict> {
  const right =
    answer.trim().toLowerCase() === sample.answer.trim().toLowerCase() ||
    (await same(equal, answer, sample.answer));
  return verdict(right, answer, `"${answer}"`, sample.answer);
}

function verdict(correct: boolean, answer: string, shown: string, reference: string): Verdict {
  return { correct, answer, why: `${shown} is ${correct ? '' : 'not '}${reference}` };
}

/**
 * MathVista: choices by their words, whole numbers truncated, floats rounded to the row's precision, lists number by number.
 * Its authors take the most similar choice when none fits; here such an answer is wrong.
 */
const mathVista: Benchmark = {
  name: 'mathvista',
  title: 'MathVista',
  spec: 'AI4Math/MathVista/testmini',
  async judge(answer, sample, equal) {
    if (field(sample, 'question_type') === 'multi_choice') {
      const given = choices(sample);
      const letter = await choiceLetter(answer, given, equal);
      if (letter === undefined) return { correct: false, why: `"${answer}" names no choice` };
      const chosen = given[letter.charCodeAt(0) - 65] ?? '';
      return verdict(chosen === sample.answer, letter, `choice ${letter} (${chosen})`, sample.answer);
    }
    const type = field(sample, 'answer_type');
    if (type === 'list') {
      const numbers = numberList(answer);
      const right = numbers !== undefined && numbers.join() === numberList(sample.answer)?.join();
      return verdict(right, answer, `"${answer}"`, sample.answer);
    }
    if (type !== 'integer' && type !== 'float') return byEqual(answer, sample, equal);
    const number = numberIn(answer);
    if (number === undefined) return { correct: false, why: `"${answer}" is no number` };
    // Whole numbers are compared as they are written: a double may not hold them.
    const whole = answer.replace(/[,\s]/g, '');
    if (type === 'integer' && /^-?\d+$/.test(whole) && /^-?\d+$/.test(sample.answer)) {
      return verdict(BigInt(whole) === BigInt(sample.answer), whole, whole, sample.answer);
    }
    const places = type === 'float' ? Number(field(sample, 'precision') ?? 2) : 0;
    const shown = type === 'float' ? number.toFixed(places) : String(Math.trunc(number));
    return verdict(Number(shown) === Number(sample.answer), shown, shown, sample.answer);
  },
  groups: (sample) => ({
    task: nested(sample, 'task'),
    skill: nested(sample, 'skills'),
    'answer type': field(sample, 'answer_type'),
  }),
};

/** DynaMath: floats within a thousandth, choices by letter, text by meaning. */
const dynaMath: Benchmark = {
  name: 'dynamath',
  title: 'DynaMath',
  spec: 'DynaMath/DynaMath_Sample/sample_variant1',
  async judge(answer, sample, equal) {
    switch (field(sample, 'answer_type')) {
      case 'float': {
        const number = numberIn(answer);
        if (number === undefined) return { correct: false, why: `"${answer}" is no number` };
        // The margin of 1e-9 is for the rounding of the difference itself.
        const near = Math.abs(number - Number(sample.answer)) <= 0.001 + 1e-9;
        return verdict(near, String(number), `${number} to a thousandth`, sample.answer);
      }
      case 'multiple choice':
        return byLetter(answer, sample, [], equal);
      default:
        return byEqual(answer, sample, equal);
    }
  },
  groups: (sample) => ({
    subject: field(sample, 'subject'),
    level: field(sample, 'knowledge_level') ?? field(sample, 'level'),
  }),
};

const weMath: Benchmark = {
  name: 'we-math',
  title: 'We-Math',
  spec: 'We-Math/We-Math/testmini',
  judge: (answer, sample, equal) => byLetter(answer, sample, choices(sample), equal),
  groups: (sample) => ({ step: field(sample, 'key') }),
};

const mathVision: Benchmark = {
  name: 'math-vision',
  title: 'MATH-Vision',
  spec: 'MathLLMs/MathVision/test',
  async judge(answer, sample, equal) {
    const given = choices(sample);
    return given.length > 0 ? byLetter(answer, sample, given, equal) : byEqual(answer, sample, equal);
  },
  groups: (sample) => ({ subject: field(sample, 'subject'), level: field(sample, 'level') }),
};

const mathVerse: Benchmark = {
  name: 'mathverse',
  title: 'MathVerse',
  spec: 'AI4Math/MathVerse:testmini/testmini',
  async judge(answer, sample, equal) {
    if (field(sample, 'question_type') !== 'multi-choice') return byEqual(answer, sample, equal);
    const text = String(field(sample, 'question_for_eval') ?? sample.question);
    const given = Array.from(text.matchAll(/(?:^|\n)\s*[A-H]\s*[:.)]\s*([^\n]+)/g), ([, choice]) =>
      choice!.trim(),
    );
    return byLetter(answer, sample, given, equal);
  },
  groups: (sample) => ({ version: field(sample, 'problem_version'), subject: nested(sample, 'subject') }),
};

/** LogicVista: all letters of the answer and no other, in any order. Published on GitHub (Yijia-Xiao/LogicVista), not on the hub. */
const logicVista: Benchmark = {
  name: 'logicvista',
  title: 'LogicVista',
  spec: 'lscpku/LogicVista/test',
  async judge(answer, sample, equal) {
    const reference = choiceLetters(sample.answer);
    if (reference === undefined) return byEqual(answer, sample, equal);
    const letters = choiceLetters(answer) ?? (await choiceLetter(answer, [], equal));
    if (letters === undefined) return { correct: false, why: `"${answer}" names no choice` };
    return verdict(letters === reference, letters, `choice ${letters}`, reference);
  },
  groups: (sample) => ({ skill: field(sample, 'skill'), capability: field(sample, 'broad_capability') }),
};

const mmmuProVision: Benchmark = {
  name: 'mmmu-pro-vision',
  title: 'MMMU-Pro-Vision',
  spec: 'MMMU/MMMU_Pro:vision/test',
  judge: (answer, sample, equal) => byLetter(answer, sample, choices(sample), equal),
  groups: (sample) => ({ subject: field(sample, 'subject') }),
};

/** The seven benchmarks of the paper, in its order. */
export const benchmarks: readonly Benchmark[] = [
  mathVista,
  dynaMath,
  weMath,
  mathVision,
  mathVerse,
  logicVista,
  mmmuProVision,
];

/**
 * Finds one of the paper's benchmarks.
 *
 * @param name one of `benchmarks`' names.
 * @returns its specification and its rules.
 * @throws RangeError when there is no benchmark of that name.
 * @example
 * benchmarkNamed('mathvista').title; // 'MathVista'
 */
export function benchmarkNamed(name: string): Benchmark {
  const found = benchmarks.find((benchmark) => benchmark.name === name);
  if (found) return found;
  throw new RangeError(
    `benchmarkNamed: found "${name}"; expected one of ${benchmarks.map((each) => each.name).join(', ')}`,
  );
}
