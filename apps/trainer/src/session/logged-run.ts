import type { LoggedRun as LoggedRunOf, RunLogger as RunLoggerOf } from '@cppo/run';
import type { Config } from '../config/schema.js';

/** What a logger is told of a run of this program. */
export type LoggedRun = LoggedRunOf<Config>;

/** A logger for runs of this program. */
export type RunLogger = RunLoggerOf<Config>;
