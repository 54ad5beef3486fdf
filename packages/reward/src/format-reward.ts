const THINK = '<think>';
const THOUGHT = '</think>';
const BOX = '\\boxed{';

/**
 * 1 when the whole text matches `<think>.*</think>.*\boxed{.*}.*` (a dot also matches newlines), else 0.
 *
 * The format reward of CPPO's authors, and of EasyR1 and verl before them. Searched by index and not by
 * regular expression, so that a hostile text costs linear time.
 */
export function formatReward(text: string): 0 | 1 {
  if (!text.startsWith(THINK)) return 0;
  const thought = text.indexOf(THOUGHT, THINK.length);
  if (thought < 0) return 0;
  const box = text.indexOf(BOX, thought + THOUGHT.length);
  if (box < 0) return 0;
  return text.lastIndexOf('}') >= box + BOX.length ? 1 : 0;
}
