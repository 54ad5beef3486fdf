export { chooseLoggers } from './choose-loggers.js';
export { Loggers } from './fan-out.js';
export type { LoggedRun, RunLogger, RunOutcome } from './run-logger.js';
