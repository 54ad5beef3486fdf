import { CommanderError } from 'commander';
import { commandLine } from './cli/program.js';
import { RunStopped } from './run-stopped.js';
import { UserError } from './user-error.js';

// Exit codes: 0 done, 1 a fault of ours, 2 wrong input, 3 a run that cannot go on, 130 stopped by Ctrl-C, 143 by SIGTERM.
// Whoever reads may have read enough (`cppo config | head`); the work itself goes on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await commandLine().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const stopped = error instanceof RunStopped;
    // By name: importing its package would load TensorFlow.js for --help.
    const notFinite = error instanceof Error && error.name === 'NotFiniteError';
    const expected = stopped || notFinite || error instanceof UserError;
    process.exitCode = stopped ? 3 : expected ? 2 : 1;
    console.error(`cppo: ${error instanceof Error ? error.message : String(error)}`);
    if (process.argv.includes('--debug') && error instanceof Error) console.error(error.stack);
    else if (!expected)
      console.error('This is a fault of cppo, not of your input; --debug prints where it arose.');
  }
}
