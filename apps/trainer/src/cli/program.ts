import { Command } from 'commander';
import { addBenchCommands } from './bench.js';
import { addInputCommands } from './inputs.js';
import { addMachineCommands } from './machine.js';
import { addModelCommands } from './models.js';
import { addRunCommands } from './runs.js';

/** The tree of commands: parsing only. Each command's code is loaded when it runs, so that --help is instant. */
export function commandLine(): Command {
  const program = new Command('cppo')
    .description(
      'Reinforcement fine-tuning of vision-language models: GRPO plus a contrastive perception loss.',
    )
    .option('--debug', 'print the stack of an error')
    .showHelpAfterError('(--help lists the options)')
    .exitOverride();

  addRunCommands(program);
  addModelCommands(program);
  addInputCommands(program);
  addBenchCommands(program);
  addMachineCommands(program);
  return program;
}
