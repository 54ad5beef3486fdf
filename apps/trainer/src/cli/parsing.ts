import type { Command } from 'commander';
import { UserError } from '../user-error.js';

/** The options of every command that reads a configuration. */
export function configured(command: Command): Command {
  return command
    .option('--config <file>', 'YAML, JSON or TypeScript file')
    .option('--preset <name>', 'named starting point')
    .option('--set <key=value>', 'set one key; repeatable', collect, []);
}

export function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new UserError(`found ${JSON.stringify(text)}, expected a whole number.`);
  return value;
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UserError(`found ${JSON.stringify(text)}, expected a number.`);
  return value;
}

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
