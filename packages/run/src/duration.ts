/**
 * Formats a duration for people: 42 s, 3 min 05 s, 2 h 10 min, 3 d 4 h.
 *
 * @param seconds 0 or more.
 * @returns the text.
 * @example
 * duration(185); // '3 min 05 s'
 */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
