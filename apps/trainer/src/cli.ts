import { describeThrown, isRunStopped, isUserError, placeOf, unwritable } from '@cppo/run';
import { CommanderError } from 'commander';
import { commandLine } from './cli/program.js';

// Exit codes: 0 done, 1 a fault of ours, 2 wrong input, 3 a run that cannot go on, 75 a learner was lost (start again), 130 stopped by Ctrl-C, 143 by SIGTERM.
// The reader may close the pipe early (`cppo config | head`); the work itself continues.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.on('unhandledRejection', (error) => {
  end(error);
  process.exit();
});
process.on('uncaughtException', (error) => {
  end(error);
  process.exit();
});

try {
  await commandLine().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else end(error);
}

/** Says what went wrong, and whose fault it is. */
function end(error: unknown): void {
  const { code, sentence } = verdict(error);
  process.exitCode = code;
  console.error(`cppo: ${sentence}`);
  if (process.argv.includes('--debug') && error instanceof Error) console.error(error.stack);
  else if (code === 1)
    console.error('This is a fault of cppo, not of your input; --debug prints where it arose.');
}

function verdict(error: unknown): { code: number; sentence: string } {
  if (isRunStopped(error)) return { code: 3, sentence: error.message };
  if (isUserError(error)) return { code: 2, sentence: error.message };
  // By name: importing its package would load TensorFlow.js for --help.
  if (error instanceof Error && error.name === 'NotFiniteError') return { code: 2, sentence: error.message };
  // By name as well: its package is loaded by one command.
  if (error instanceof Error && error.name === 'PeerLostError') return { code: 75, sentence: error.message };
  const unwritten = unwritable(error);
  if (unwritten !== undefined) return { code: unwritten.full ? 3 : 2, sentence: unwritten.sentence };
  const theirs = error instanceof Error ? placeOf(error) : undefined;
  if (theirs !== undefined)
    return { code: 2, sentence: `a module of yours threw: ${describeThrown(error)}.` };
  return { code: 1, sentence: error instanceof Error ? error.message : String(error) };
}
