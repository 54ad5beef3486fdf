import type { Command } from 'commander';
import { examples } from './parsing.js';

/** Commands about the machine and its shell. */
export function addMachineCommands(program: Command): void {
  program
    .command('doctor')
    .description('which engines this machine can run, and what is missing')
    .option('--fix', 'build the native TensorFlow engine against a library that is found')
    .option(
      '--from <path>',
      'with --fix: a libtensorflow, an unpacked archive, or a Python environment with TensorFlow',
    )
    .option('--json', 'print JSON')
    .addHelpText('after', examples('cppo doctor', 'cppo doctor --fix --from ./venv'))
    .action(async (options) => (await import('../commands/doctor.js')).doctor(options));
}
