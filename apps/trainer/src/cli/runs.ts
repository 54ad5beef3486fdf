import { type Command, Option } from 'commander';
import { configured, examples, wholeNumber } from './parsing.js';

/** Commands about a run: what it will be, the run itself, what it leaves. */
export function addRunCommands(program: Command): void {
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
    .action(async (options) => (await import('../commands/train.js')).train(options));

  configured(program.command('config'))
    .description('the resolved configuration, each key with its explanation and source')
    .addOption(new Option('--json', 'print the configuration as JSON').conflicts('schema'))
    .option('--schema', 'print the JSON Schema, for editors')
    .action(async (options) => (await import('../commands/config.js')).showConfig(options));

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
    .action(async (options) => (await import('../commands/export.js')).exportModel(options));
}
