const THINK = '<think>';
const THOUGHT = '</think>';
const BOX = '\\boxed{';

/**
 * Checks that the whole text matches `<think>.*</think>.*\boxed{.*}.*`, where a dot also matches newlines.
 *
 * The format reward of CPPO's authors, and of EasyR1 and verl before them. Searches by index instead of a
 * regular expression, so a hostile text takes linear time.
 *
 * @param text a completion.
 * @returns 1 when it matches, else 0.
 * @example
 * formatReward('<think>2 + 2</think> \\boxed{4}'); // 1
 * formatReward('\\boxed{4}'); // 0
 */
export function formatReward(text: string): 0 | 1 {
  if (!text.startsWith(THINK)) return 0;
  const thought = text.indexOf(THOUGHT, THINK.length);
  if (thought < 0) return 0;
  const box = text.indexOf(BOX, thought + THOUGHT.length);
  if (box < 0) return 0;
  return text.lastIndexOf('}') >= box + BOX.length ? 1 : 0;
}
