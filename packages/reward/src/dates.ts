const months = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];

const written = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}.*)?$/;
const clock = '(?:[T ]+(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d+))?)?\\s*(Z|[+-]\\d{2}:?\\d{2})?)?';
const yearFirst = new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${clock}$`);
const monthFirst = /^([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$/;
const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)? ([a-z]+)\.?,? (\d{4})$/;

/**
 * Whether two answers are the same date, where one is written as ISO 8601 has it: `2024-01-02` is no subtraction. Fractions of a
 * second count to the last digit.
 *
 * @returns nothing when neither is such a date.
 */
export function sameDate(answer: string, reference: string): boolean | undefined {
  const texts = [answer, reference].map((text) => text.replace(/^\$|\$$/g, '').trim());
  if (!texts.some((text) => written.test(text))) return undefined;
  const [a, b] = texts.map(canonicalDate);
  return a !== undefined && a === b;
}

function canonicalDate(text: string): string | undefined {
  const lower = text.toLowerCase().replace(/\s+/g, ' ');
  const first = monthFirst.exec(lower);
  if (first) return dated(first[3], monthOf(first[1]!), first[2]);
  const day = dayFirst.exec(lower);
  if (day) return dated(day[3], monthOf(day[2]!), day[1]);
  const match = yearFirst.exec(text);
  if (!match) return undefined;
  const [, year, month, date, hour, minute, second = '00', fraction = '', zone = ''] = match;
  if (hour === undefined) return dated(year, Number(month), date);
  const rest = fraction.replace(/0+$/, '');
  return `${dated(year, Number(month), date)}T${hour.padStart(2, '0')}:${minute}:${second}.${rest}${zone.replace('+00:00', 'Z')}`;
}

/** From 1; 0 for what is no month. */
function monthOf(name: string): number {
  return months.findIndex((month) => month === name || (name.length >= 3 && month.startsWith(name))) + 1;
}

function dated(year: string | undefined, month: number, day: string | undefined): string {
  return `${year}-${month}-${Number(day)}`;
}
