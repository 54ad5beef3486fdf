import { parseMemorySize } from '@cppo/checked-options';
import { numberTypes, weightFormats } from '@cppo/policy-qwen/formats';
import { isTag } from '@cppo/run';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** The options of every command that reads a configuration. */
export function configured(command: Command): Command {
  return command
    .option('--config <file>', 'YAML, JSON or TypeScript file')
    .option('--preset <name>', 'named starting point')
    .option('--set <key=value>', 'set one key; repeatable', collect, []);
}

export const softwareAdapter = 'accept a WebGPU adapter that is emulated on the processor';

/** The options of every command that runs a model and reads no configuration. */
export function onEngine(command: Command): Command {
  return withMemory(
    command
      .option('--engine <name>', 'this engine only; the best that this machine has when left out')
      .option('--software-adapter', softwareAdapter),
  );
}

/** The same, with the family of the model and the numbers in which it is held and computed. */
export function onModel(command: Command): Command {
  return withArithmetic(withPolicy(onEngine(command)));
}

/** The option of every command that asks a model which no configuration names. */
export function withPolicy(command: Command): Command {
  return command.option(
    '--policy <module>',
    'what loads the model: qwen, a module such as ./my-policy.ts, or {module: …, option: value}; left out, that of the run which it lies in',
  );
}

export function withMemory(command: Command): Command {
  return command.option(
    '--memory <size>',
    'memory that may be taken, such as 12GB; what there is when left out',
    size,
  );
}

export function withArithmetic(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--weights <format>',
        'how frozen weights are held; as the files have them when left out',
      ).choices(weightFormats),
    )
    .addOption(
      new Option('--activations <type>', 'in which frozen weights are multiplied').choices(numberTypes),
    )
    .addOption(
      new Option('--cache <type>', 'in which keys and values are held while sampling').choices(numberTypes),
    );
}

/** A size of memory, as it was written. */
function size(text: string): string {
  if (parseMemorySize(text) === undefined)
    throw new InvalidArgumentError('Expected a size such as 12GB or 800MiB.');
  return text;
}

/** The options of every command that shows pictures to a model. */
export function seeing(command: Command): Command {
  return command
    .option('--background <colour>', `${groundOption}; left out, as the model was trained`, ground)
    .option('--min-pixels <n>', 'enlarge smaller pictures; as the model was trained when left out', count)
    .option('--max-pixels <n>', 'shrink larger pictures; as the model was trained when left out', count);
}

export const groundOption =
  'what transparent pixels show: drop (the colours beneath, as transformers does), white, black or #rrggbb';

/** What transparent pixels may show. */
export function ground(text: string): string {
  if (/^(drop|white|black|#[0-9a-f]{6})$/i.test(text)) return text;
  throw new InvalidArgumentError('Expected drop, white, black or a colour such as #f0f0f0.');
}

export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/** A tag of a run, beside earlier ones. */
export function tag(text: string, earlier: readonly string[] = []): string[] {
  if (isTag(text)) return [...earlier, text];
  throw new InvalidArgumentError('Expected a word without white space or commas.');
}

/** A whole number from 0. */
export function wholeNumber(text: string): number {
  return within(text, 'a whole number', (value) => Number.isSafeInteger(value) && value >= 0);
}

/** A whole number from 1. */
export function count(text: string): number {
  return within(text, 'a whole number from 1', (value) => Number.isSafeInteger(value) && value >= 1);
}

/** A number from 0. */
export function number(text: string): number {
  return within(text, 'a number from 0', (value) => Number.isFinite(value) && value >= 0);
}

/** A number above 0. */
export function positive(text: string): number {
  return within(text, 'a number above 0', (value) => Number.isFinite(value) && value > 0);
}

/** A number above 0, at most 1. */
export function share(text: string): number {
  return within(text, 'a number above 0 and at most 1', (value) => value > 0 && value <= 1);
}

/** A TCP port; 0 takes any that is free. */
export function port(text: string): number {
  return within(
    text,
    'a port from 0 to 65535',
    (value) => Number.isInteger(value) && value >= 0 && value < 65536,
  );
}

function within(text: string, expected: string, fits: (value: number) => boolean): number {
  const value = Number(text);
  if (text.trim() === '' || !fits(value)) throw new InvalidArgumentError(`Expected ${expected}.`);
  return value;
}

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
