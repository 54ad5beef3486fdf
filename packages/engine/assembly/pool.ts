// A job is cut into tasks; this thread and the workers claim them one by one until none is left. Nothing waits
// for a worker that has not claimed a task, so workers that start late, are starved by other processes or never
// start cost nothing but speed.
//
// Everything the threads share lies in one record. Claiming is one compare-and-swap on a word that holds the
// job's number, its count of tasks and the next of them, so a worker that wakes late cannot mistake one job for
// another; and a job is not over before every claimed task is, so what describes it stays valid.

import { runTask } from './tasks';

@unmanaged
export class Pool {
  /** Job number (24 bits), tasks (20 bits), next task (20 bits). */
  claims: u64;
  /** Counts jobs; workers sleep on it. */
  wake: i32;
  sleepers: i32;
  /** Tasks finished; the main thread sleeps on it. */
  done: i32;
  mainSleeps: i32;
  /** Workers that have started. */
  workers: i32;
  /** How often to look for news before going to sleep. */
  patience: i32;
  kind: i32;
  job: usize;
}

const CLAIMS = offsetof<Pool>('claims');
const WAKE = offsetof<Pool>('wake');
const SLEEPERS = offsetof<Pool>('sleepers');
const DONE = offsetof<Pool>('done');
const MAIN_SLEEPS = offsetof<Pool>('mainSleeps');
const WORKERS = offsetof<Pool>('workers');

const TASK_BITS: u64 = 20;
const TASK_MASK: u64 = (1 << TASK_BITS) - 1;
const SECOND: i64 = 1_000_000_000;
/** Milliseconds of some clock. */
@external('env', 'now')
declare function now(): f64;

/** Seconds without a finished task after which the workers are given up. */
const GIVE_UP: i32 = 60;

/** Claims tasks and runs them until none is left. */
function work(pool: usize, scratch: usize): void {
  while (true) {
    const claims = atomic.load<u64>(pool + CLAIMS);
    const next = claims & TASK_MASK;
    const tasks = (claims >> TASK_BITS) & TASK_MASK;
    if (next >= tasks) return;
    if (atomic.cmpxchg<u64>(pool + CLAIMS, claims, claims + 1) !== claims) continue;
    const record = changetype<Pool>(pool);
    runTask(record.kind, record.job, usize(next), scratch);
    const done = u64(atomic.add<i32>(pool + DONE, 1) + 1);
    if (done === tasks && atomic.load<i32>(pool + MAIN_SLEEPS)) atomic.notify(pool + DONE, 1);
  }
}

/**
 * Runs all tasks of a job, on the workers too where there are any.
 *
 * @returns milliseconds slept for workers to finish, mostly 0; −1 when one did not finish its task within a minute.
 */
export function run(pool: usize, kind: i32, job: usize, tasks: usize, scratch: usize): f64 {
  if (tasks <= 1 || pool === 0 || atomic.load<i32>(pool + WORKERS) === 0) {
    for (let task: usize = 0; task < tasks; task++) runTask(kind, job, task, scratch);
    return 0;
  }
  const record = changetype<Pool>(pool);
  record.kind = kind;
  record.job = job;
  atomic.store<i32>(pool + DONE, 0);
  const number = (atomic.load<u64>(pool + CLAIMS) >> (2 * TASK_BITS)) + 1;
  atomic.store<u64>(pool + CLAIMS, (number << (2 * TASK_BITS)) | (u64(tasks) << TASK_BITS));
  atomic.add<i32>(pool + WAKE, 1);
  if (atomic.load<i32>(pool + SLEEPERS) > 0) atomic.notify(pool + WAKE, i32(tasks) - 1);
  work(pool, scratch);

  for (let left = record.patience; left > 0; left--) {
    if (atomic.load<i32>(pool + DONE) === i32(tasks)) return 0;
  }
  const start = now();
  let seconds = 0;
  atomic.store<i32>(pool + MAIN_SLEEPS, 1);
  let done = atomic.load<i32>(pool + DONE);
  while (done !== i32(tasks) && seconds < GIVE_UP) {
    atomic.wait<i32>(pool + DONE, done, SECOND);
    const now = atomic.load<i32>(pool + DONE);
    seconds = now === done ? seconds + 1 : 0;
    done = now;
  }
  atomic.store<i32>(pool + MAIN_SLEEPS, 0);
  return done === i32(tasks) ? now() - start : -1;
}

/** The life of a worker: never returns; the thread ends with the process or when it is terminated. */
export function serve(pool: usize, scratch: usize): void {
  atomic.add<i32>(pool + WORKERS, 1);
  let seen = atomic.load<i32>(pool + WAKE);
  while (true) {
    work(pool, scratch);
    let left = changetype<Pool>(pool).patience;
    while (left > 0 && atomic.load<i32>(pool + WAKE) === seen) left--;
    if (left === 0) {
      atomic.add<i32>(pool + SLEEPERS, 1);
      atomic.wait<i32>(pool + WAKE, seen, -1);
      atomic.sub<i32>(pool + SLEEPERS, 1);
    }
    seen = atomic.load<i32>(pool + WAKE);
  }
}
