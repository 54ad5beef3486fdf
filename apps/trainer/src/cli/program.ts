import { Command } from 'commander';
import { programVersion } from '../program-version.js';
import { addBenchCommands } from './bench.js';
import { addInputCommands } from './inputs.js';
import { addMachineCommands } from './machine.js';
import { addModelCommands } from './models.js';
import { addRunCommands } from './runs.js';

const exitCodes = `
Exit codes:
  0    done
  1    a fault of cppo; --debug prints where it arose
  2    wrong input, said in one sentence; a model whose numbers are not finite is such
  3    a run that cannot continue (full disk, losses that are not finite); its progress is kept
  130  stopped by Ctrl-C, with a checkpoint; 143 by SIGTERM`;

/** The tree of commands: parsing only. Each command's code is loaded when it runs, so that --help is instant. */
export function commandLine(): Command {
  const program = new Command('cppo')
    .description(
      'Reinforcement fine-tuning of vision-language models: GRPO plus a contrastive perception loss.',
    )
    .version(programVersion(), '--version', 'print the version')
    .option('--debug', 'print the stack of an error')
    .showHelpAfterError('(--help lists the options)')
    .addHelpText('after', exitCodes)
    .exitOverride();

  addRunCommands(program);
  addModelCommands(program);
  addInputCommands(program);
  addBenchCommands(program);
  addMachineCommands(program);
  return program;
}
