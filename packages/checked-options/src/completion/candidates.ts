/** What is read of an option of a command line; one of Commander is one. */
export interface CompletedOption {
  readonly flags: string;
  readonly long?: string | undefined;
  readonly short?: string | undefined;
  readonly description: string;
  /** Whether a value follows it. */
  readonly required: boolean;
  readonly argChoices?: readonly string[] | undefined;
}

/** What is read of an argument of a command. */
export interface CompletedArgument {
  name(): string;
  readonly argChoices?: readonly string[] | undefined;
}

/** What is read of a command; one of Commander is one. */
export interface CompletedCommand {
  name(): string;
  description(): string;
  readonly parent: CompletedCommand | null;
  readonly commands: readonly CompletedCommand[];
  readonly options: readonly CompletedOption[];
  readonly registeredArguments: readonly CompletedArgument[];
  createHelp(): {
    visibleOptions(command: CompletedCommand): readonly CompletedOption[];
    visibleCommands(command: CompletedCommand): readonly CompletedCommand[];
  };
}

/** A word that fits at the cursor. One that ends in `=` or `.` is incomplete. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

/** What could stand at the cursor: words, or whatever the shell knows of files. */
export type Candidates = readonly Candidate[] | 'files' | 'directories';

/** Words for values that a command line by itself does not know. */
export interface ValueWords {
  /** @param word what stands at the cursor by now, such as `objective.type=` */
  assignment(word: string): Promise<readonly Candidate[]>;
  presets(): Promise<readonly Candidate[]>;
}

/**
 * What could stand for the last of the words.
 *
 * @param words of the command line without the program's name; the last may be empty or unfinished.
 */
export async function candidates(
  program: CompletedCommand,
  words: readonly string[],
  values: ValueWords,
): Promise<Candidates> {
  const { command, operands, open, onlyOperands } = read(program, words.slice(0, -1));
  const word = words.at(-1) ?? '';
  if (open !== undefined) return starting(word, await valuesOf(open, word, values));
  const joined = onlyOperands ? null : /^(--[^=]+)=(.*)$/s.exec(word);
  if (joined !== null) {
    const option = optionsOf(command).find(({ long }) => long === joined[1]);
    const found = option === undefined ? [] : await valuesOf(option, joined[2]!, values);
    if (typeof found === 'string') return found;
    return starting(
      word,
      found.map((each) => ({ ...each, word: `${joined[1]}=${each.word}` })),
    );
  }
  if (word.startsWith('-') && !onlyOperands) {
    return starting(
      word,
      optionsOf(command).map(({ long, short, description }) => ({ word: long ?? short!, description })),
    );
  }
  const commands = command.createHelp().visibleCommands(command);
  if (commands.length > 0 && operands === 0) {
    return starting(
      word,
      commands.map((each) => ({ word: each.name(), description: each.description() })),
    );
  }
  const argument = command.registeredArguments[operands];
  return argument === undefined ? [] : starting(word, await valuesOf(argument, word, values));
}

interface Position {
  readonly command: CompletedCommand;
  /** Words of the command that are neither options nor their values. */
  readonly operands: number;
  /** The option whose value comes next. */
  readonly open: CompletedOption | undefined;
  /** After `--`. */
  readonly onlyOperands: boolean;
}

function read(program: CompletedCommand, words: readonly string[]): Position {
  let command = program;
  let operands = 0;
  let open: CompletedOption | undefined;
  let onlyOperands = false;
  for (const word of words) {
    if (open !== undefined) open = undefined;
    else if (onlyOperands) operands++;
    else if (word === '--') onlyOperands = true;
    else if (word.startsWith('-')) {
      const option = optionsOf(command).find(({ long, short }) => word === long || word === short);
      if (option?.required) open = option;
    } else {
      const inner = command.commands.find((each) => each.name() === word);
      if (inner === undefined || operands > 0) operands++;
      else command = inner;
    }
  }
  return { command, operands, open, onlyOperands };
}

function optionsOf(command: CompletedCommand): CompletedOption[] {
  const inherited = command.parent === null ? [] : command.parent.options;
  return [...command.createHelp().visibleOptions(command), ...inherited];
}

/** By its choices, else by the name of its place in the usage: `<file>`, `<dir>`, `<key=value>`. */
async function valuesOf(
  place: CompletedOption | CompletedArgument,
  word: string,
  values: ValueWords,
): Promise<Candidates> {
  if (place.argChoices !== undefined)
    return place.argChoices.map((choice) => ({ word: choice, description: '' }));
  const name = 'flags' in place ? (/<(.+)>/.exec(place.flags)?.[1] ?? '') : place.name();
  if (name === 'key=value') return values.assignment(word);
  if ('long' in place && place.long === '--preset') return values.presets();
  if (['dir', 'directory', 'run'].includes(name)) return 'directories';
  if (['file', 'path', 'spec'].includes(name)) return 'files';
  return [];
}

function starting(word: string, found: Candidates): Candidates {
  return typeof found === 'string' ? found : found.filter((each) => each.word.startsWith(word));
}
