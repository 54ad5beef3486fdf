/** How text is marked where it is printed. */
export interface Colours {
  /** A background that deepens from 0 to 1; nothing where there are no colours. */
  shade(text: string, depth: number): string;
  /** A perception token. */
  mark(text: string): string;
  soft(text: string): string;
  /** Whether shades can be seen. */
  readonly shades: boolean;
}

/** Yellows of the 256 colours, pale to deep; black reads well on each. */
const ramp = [230, 229, 228, 227, 221, 220, 214];

/**
 * Chooses the colours that a stream supports: 256 from 8 bits on, bold and reverse below, brackets without
 * colours (no terminal, NO_COLOR, TERM=dumb). FORCE_COLOR enables them regardless.
 *
 * @param stream usually stdout.
 * @param environment variables; the process's by default.
 * @returns the colours.
 * @example
 * coloursOf({ isTTY: false }, {}).mark('three'); // '[three]'
 */
export function coloursOf(
  stream: { isTTY?: boolean; getColorDepth?: (env?: object) => number },
  environment: NodeJS.ProcessEnv = process.env,
): Colours {
  const forced = environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== '0';
  const silenced = environment.NO_COLOR !== undefined && environment.NO_COLOR !== '';
  const depth = silenced ? 1 : stream.isTTY ? (stream.getColorDepth?.(environment) ?? 1) : forced ? 8 : 1;
  const code = (on: string, off: string) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;
  const plain = (text: string) => text;
  if (depth === 1) return { shade: plain, mark: (text) => `[${text}]`, soft: plain, shades: false };
  const soft = code('2', '22');
  if (depth < 8) return { shade: plain, mark: code('1;7', '22;27'), soft, shades: false };
  return {
    shade: (text, amount) => {
      if (amount < 0.04) return text;
      const colour = ramp[Math.min(ramp.length - 1, Math.floor(amount * ramp.length))]!;
      return code(`30;48;5;${colour}`, '39;49')(text);
    },
    mark: code('1;4', '22;24'),
    soft,
    shades: true,
  };
}
