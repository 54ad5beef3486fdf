/** The errors of a run by themselves: they need no Node. */
export { ModuleError } from './module-error.js';
export { isRunStopped, RunStopped } from './run-stopped.js';
export { isUserError, UserError } from './user-error.js';
