import { Argument, type Command } from 'commander';
import { examples, softwareAdapter, withMemory } from './parsing.js';

/** Commands about the machine and its shell. */
export function addMachineCommands(program: Command): void {
  withMemory(program.command('doctor'))
    .description('which engines this machine can run, what is missing, and which models fit')
    .option('--fix', 'build the native TensorFlow engine against a library that is found')
    .option(
      '--from <path>',
      'with --fix: a libtensorflow, an unpacked archive, or a Python environment with TensorFlow',
    )
    .option('--software-adapter', softwareAdapter)
    .option('--json', 'print JSON')
    .addHelpText('after', examples('cppo doctor', 'cppo doctor --fix --from ./venv'))
    .action(async (options) => (await import('../commands/doctor.js')).doctor(options));

  program
    .command('completion')
    .description('print the script that teaches a shell to complete cppo')
    .addArgument(new Argument('<shell>', 'shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      examples(
        'eval "$(cppo completion bash)"',
        'eval "$(cppo completion zsh)"',
        'cppo completion fish | source',
      ),
    )
    .action(async (shell) => (await import('../commands/completion.js')).completion(shell));

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words) => (await import('../commands/completion.js')).complete(program, words));
}
