import { existsSync, readFileSync } from 'node:fs';
import { isLocked } from '../directory/lock.js';
import { writeWholeFile } from '../directory/whole-file.js';

/** How a process that worked on a run came to its end. */
export type SessionOutcome = 'finished' | 'stopped' | 'failed';

/** One process at work on a run; a run that went on had several. */
export interface RunSession {
  /** ISO 8601. */
  readonly started: string;
  /** Steps done before. */
  readonly first: number;
  readonly engine: string;
  /** Of this program. */
  readonly version: string;
  /** Of this program's repository, where it runs from one. */
  readonly commit?: string;
  /** Not there while it is at work, nor when it was killed. */
  readonly ended?: string;
  readonly outcome?: SessionOutcome;
  /** Why it stopped, failed or finished early, in words. */
  readonly reason?: string;
}

export const sessionsFile = 'sessions.json';

/** Keeps `sessions.json`: when a run was worked on, by what, and how that ended. */
export class SessionLog {
  private readonly sessions: RunSession[];

  constructor(
    private readonly path: string,
    session: Omit<RunSession, 'started'>,
  ) {
    this.sessions = [...readSessions(path), { started: new Date().toISOString(), ...session }];
    this.write();
  }

  /** Once: what ended a session first is why it ended. */
  end(outcome: SessionOutcome, reason?: string): void {
    const last = this.sessions.pop();
    if (last === undefined) return;
    const ended = { ended: new Date().toISOString(), outcome, ...(reason === undefined ? {} : { reason }) };
    this.sessions.push(last.ended === undefined ? { ...last, ...ended } : last);
    this.write();
  }

  private write(): void {
    writeWholeFile(this.path, `${JSON.stringify(this.sessions, null, 2)}\n`);
  }
}

/**
 * Reads the sessions of a run, oldest first.
 *
 * @param path of the file.
 * @returns the sessions; none when they were not recorded.
 */
export function readSessions(path: string): RunSession[] {
  if (!existsSync(path)) return [];
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** How a run stands. */
export interface RunStatus {
  readonly state: 'running' | SessionOutcome;
  /** Why it stopped or failed, or finished early. */
  readonly reason?: string;
  readonly started?: string;
  /** Seconds that were spent on it, over all its sessions. */
  readonly seconds?: number;
  readonly engine?: string;
  readonly version?: string;
  readonly commit?: string;
  /** The command that resumes an unfinished run. */
  readonly resume?: string;
}

/**
 * How a run stands, from its directory alone.
 *
 * @param finished whether it did all of its steps.
 * @param lastSign when it was last heard of: a session that was killed did not say when it ended.
 */
export function statusOf(
  directory: string,
  sessions: readonly RunSession[],
  finished: boolean,
  lastSign: Date,
): RunStatus {
  const last = sessions.at(-1);
  const atWork = last?.ended === undefined && isLocked(directory);
  const state = atWork ? 'running' : (last?.outcome ?? (finished ? 'finished' : 'stopped'));
  const killed = last !== undefined && last.ended === undefined && !atWork && !finished;
  const reason = last?.reason ?? (killed ? 'the process was killed' : undefined);
  const now = atWork ? new Date() : lastSign;
  const seconds = sessions.reduce((sum, { started, ended }, i) => {
    const end = ended ?? sessions[i + 1]?.started ?? now.toISOString();
    return sum + Math.max(0, Date.parse(end) - Date.parse(started)) / 1000;
  }, 0);
  return {
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(sessions[0] === undefined ? {} : { started: sessions[0].started, seconds: Math.round(seconds) }),
    ...(last === undefined ? {} : { engine: last.engine, version: last.version }),
    ...(last?.commit === undefined ? {} : { commit: last.commit }),
    ...(state === 'finished' || state === 'running'
      ? {}
      : { resume: `cppo train --resume ${quoted(directory)}` }),
  };
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
