import { Command, CommanderError, Option } from 'commander';
import { UserError } from './user-error.js';

/**
 * The command line: parsing only. Each command's code is loaded when it runs, so that --help is instant.
 * Exit codes: 0 done, 1 a fault of ours, 2 wrong input, 130 stopped by Ctrl-C.
 */
function commandLine(): Command {
  const program = new Command('cppo')
    .description(
      'Reinforcement fine-tuning of vision-language models: GRPO plus a contrastive perception loss.',
    )
    .option('--debug', 'print the stack of an error')
    .showHelpAfterError('(--help lists the options)')
    .exitOverride();

  const configured = (command: Command) =>
    command
      .option('--config <file>', 'YAML, JSON or TypeScript file')
      .option('--preset <name>', 'named starting point')
      .option('--set <key=value>', 'set one key; repeatable', collect, []);

  configured(program.command('train'))
    .description('train a policy; the default run needs nothing but this command')
    .option('--steps <count>', 'optimiser steps', wholeNumber)
    .option('--resume <directory>', 'continue the run in this directory')
    .option('--dry-run', 'print what would happen and stop')
    .addHelpText(
      'after',
      examples(
        'cppo train',
        'cppo train --set objective.type=grpo --steps 100',
        'cppo train --set data.train=my.jsonl --set model=./Qwen2.5-VL-3B-Instruct',
        'cppo train --resume runs/cppo-tiny-seed1',
      ),
    )
    .action(async (options) => (await import('./commands/train.js')).train(options));

  program
    .command('eval')
    .description('avg@k, pass@k and maj@k of a model on held-out samples')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .requiredOption(
      '--data <spec>',
      'builtin:<task>, a .jsonl or .parquet file, an image folder, or a hub id',
    )
    .option('--samples <k>', 'completions a question', wholeNumber, 8)
    .option('--temperature <t>', 'sampling temperature', number, 1)
    .option('--questions <n>', 'questions, from the first', wholeNumber)
    .option('--max-tokens <n>', 'longest completion', wholeNumber, 32)
    .option(
      '--template <name>',
      'prompt template: cppo, boxed, question, or a text with {question}',
      'question',
    )
    .option('--seed <n>', 'seed of the sampling', wholeNumber, 1)
    .option('--json', 'print JSON')
    .addHelpText('after', examples('cppo eval --model tiny --data builtin:digits --json'))
    .action(async (options) => (await import('./commands/eval.js')).evaluateModel(options));

  program
    .command('generate')
    .description('answer a question about pictures')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .option('--image <file>', 'picture; repeatable, in the order of the prompt', collect, [])
    .requiredOption('--prompt <text>', 'question')
    .option('--max-tokens <n>', 'longest completion', wholeNumber, 256)
    .option('--temperature <t>', '0 takes the likeliest token', number, 0)
    .option('--top-p <p>', 'nucleus sampling', number)
    .option('--top-k <k>', 'sample among the k likeliest', wholeNumber)
    .option('--seed <n>', 'seed of the sampling', wholeNumber, 1)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      examples('cppo generate --model ./Qwen2.5-VL-3B-Instruct --image cat.jpg --prompt "What is this?"'),
    )
    .action(async (options) => (await import('./commands/generate.js')).generate(options));

  program
    .command('score')
    .description('log-probabilities and entropies of a given completion (temperature 1, nats)')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .option('--image <file>', 'picture; repeatable, in the order of the prompt', collect, [])
    .requiredOption('--prompt <text>', 'question, put through the chat template')
    .requiredOption('--completion <text>', 'text whose own tokens are scored; no end token is added')
    .option('--json', 'print {"tokens","logProbs","entropies"}')
    .action(async (options) => (await import('./commands/score.js')).score(options));

  program
    .command('inspect')
    .description('see which tokens of an answer depend on the picture')
    .requiredOption('--model <dir>', 'Hugging Face directory, hub id, or tiny')
    .requiredOption('--image <file>', 'picture', collect, [])
    .requiredOption('--prompt <text>', 'question')
    .option('--completion <text>', 'inspect this answer instead of the greedy one')
    .option('--views <preset>', 'how the views are made: cppoVerl, cppoAreal, papo, vppo', 'cppoVerl')
    .option('--seed <n>', 'seed of the views', wholeNumber, 1)
    .option('--max-tokens <n>', 'longest completion', wholeNumber, 256)
    .option('--html <file>', 'also write a page')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./commands/inspect.js')).inspect(options));

  program
    .command('views')
    .description('a page with every perturbation of a picture')
    .requiredOption('--image <file>', 'picture')
    .option('--draws <n>', 'draws of each', wholeNumber, 3)
    .option('--seed <n>', 'seed of the draws', wholeNumber, 0)
    .option('--out <file>', 'page to write', 'views.html')
    .action(async (options) => (await import('./commands/views.js')).views(options));

  const data = program.command('data').description('look at data sets');
  data
    .command('inspect')
    .description('schema, counts, lengths and image sizes of a data set')
    .argument('<spec>', 'a .jsonl or .parquet file, an image folder, or a hub id')
    .option('--html <file>', 'also write a page with samples')
    .option('--json', 'print JSON')
    .action(async (spec, options) => (await import('./commands/data.js')).inspectData(spec, options));

  program
    .command('reward')
    .description('judge completions against reference answers')
    .option('--completion <text>', 'completion to judge')
    .option('--answer <text>', 'reference answer')
    .option('--pairs <file>', 'JSON lines of completion and answer')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./commands/reward.js')).judge(options));

  configured(program.command('config'))
    .description('the resolved configuration, each key with its explanation and source')
    .addOption(new Option('--json', 'print the configuration as JSON').conflicts('schema'))
    .option('--schema', 'print the JSON Schema, for editors')
    .action(async (options) => (await import('./commands/config.js')).showConfig(options));

  program
    .command('export')
    .description('write the model of a run as a Hugging Face directory')
    .requiredOption('--run <dir>', 'run directory')
    .requiredOption('--out <dir>', 'directory to make')
    .addOption(
      new Option('--dtype <type>', 'number type of the weights')
        .choices(['bfloat16', 'float32'])
        .default('bfloat16'),
    )
    .action(async (options) => (await import('./commands/export.js')).exportModel(options));

  const bench = program.command('bench').description('speed, built-in tasks and ablations');
  bench
    .command('sheet')
    .description('a page of samples of the built-in tasks')
    .option('--task <name>', 'task; all when left out')
    .option('--count <n>', 'samples a task', wholeNumber, 6)
    .option('--seed <n>', 'seed of the samples', wholeNumber, 1)
    .option('--out <file>', 'page to write', 'sheet.html')
    .action(async (options) => (await import('./commands/sheet.js')).sheet(options));

  bench
    .command('speed')
    .description('speed of the engines, of the perturbations, or of a training step')
    .requiredOption('--suite <name>', 'what to measure: engine, perturb, step')
    .option('--engine <name>', 'measure this engine; the best that starts when left out')
    .option('--threads <n>', 'threads of the engine', wholeNumber)
    .option('--python <path>', 'Python in which the peers are installed, to measure them beside ours')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./commands/bench-speed.js')).benchSpeed(options));

  program
    .command('doctor')
    .description('which engines this machine can run, and what is missing')
    .option('--fix', 'build the native TensorFlow engine against a library that is found')
    .option(
      '--from <path>',
      'with --fix: a libtensorflow, an unpacked archive, or a Python environment with TensorFlow',
    )
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./commands/doctor.js')).doctor(options));

  return program;
}

function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new UserError(`found ${JSON.stringify(text)}, expected a whole number.`);
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new UserError(`found ${JSON.stringify(text)}, expected a number.`);
  return value;
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

try {
  await commandLine().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const expected = error instanceof UserError;
    process.exitCode = expected ? 2 : 1;
    console.error(`cppo: ${error instanceof Error ? error.message : String(error)}`);
    if (process.argv.includes('--debug') && error instanceof Error) console.error(error.stack);
    else if (!expected)
      console.error('This is a fault of cppo, not of your input; --debug prints where it arose.');
  }
}
