import { type EvaluationRow, type GroupRecord, mergeGroups } from '@cppo/run/page';
import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks';
import { download } from '../download.js';
import { startWorker, whyStopped } from '../start-worker.js';
import type { ModelChoice } from '../worker/model-choice.js';
import type { RunChoice, StepFigures, TrainAnswer, TrainRequest } from '../worker/train-messages.js';

export type RunState = 'idle' | 'running' | 'paused' | 'ended' | 'failed';

/** A run as far as it has come. */
export interface RunSoFar {
  readonly state: RunState;
  /** What is being done, or why it failed. */
  readonly said: string;
  /** In words, once it has started. */
  readonly engine: string | undefined;
  /** When it was started and last heard of, milliseconds since 1970. */
  readonly started: number | undefined;
  readonly lastSign: number | undefined;
  readonly steps: readonly StepFigures[];
  readonly groups: readonly GroupRecord[];
  /** All groups that were rolled out; of many, fewer are kept. */
  readonly rolledOut: number;
  readonly evaluation: readonly EvaluationRow[];
}

const nothing: RunSoFar = {
  ...{ state: 'idle', said: 'Not started.', steps: [], groups: [], rolledOut: 0, evaluation: [] },
  ...{ engine: undefined, started: undefined, lastSign: undefined },
};

type Change = Exclude<TrainAnswer, { kind: 'kept' }> | { readonly kind: 'started'; readonly at: number };

export function runAfter(run: RunSoFar, change: Change): RunSoFar {
  switch (change.kind) {
    case 'started':
      return { ...nothing, state: 'running', said: 'Loading the model', started: change.at };
    case 'doing':
      return { ...run, state: 'running', said: change.what };
    case 'engine':
      return { ...run, engine: change.engine };
    case 'evaluated':
      return { ...run, evaluation: change.rows };
    case 'step':
      return {
        ...run,
        steps: [...run.steps, change.figures],
        groups: mergeGroups(run.groups, change.groups),
        rolledOut: run.rolledOut + change.groups.length,
        lastSign: Date.now(),
      };
    case 'paused':
      return { ...run, state: 'paused', said: `Paused after step ${run.steps.length}.` };
    case 'ended':
      return { ...run, state: 'ended', said: `Done: ${run.steps.length} steps.`, lastSign: Date.now() };
    case 'failed':
      return { ...run, state: 'failed', said: change.reason };
  }
}

/** A run in a worker of its own; a start ends the one before. @param name of the file that keeps its model. */
export function useRun(name: string) {
  const worker = useRef<Worker | undefined>(undefined);
  const [run, change] = useReducer(runAfter, nothing);
  useEffect(() => () => worker.current?.terminate(), []);
  const send = useCallback((request: TrainRequest) => worker.current?.postMessage(request), []);
  const start = useCallback(
    (choice: RunChoice, model: ModelChoice, threads: number) => {
      worker.current?.terminate();
      const started = startWorker('train');
      worker.current = started;
      started.onmessage = ({ data }: MessageEvent<TrainAnswer>) =>
        data.kind === 'kept' ? download(name, data.archive) : change(data);
      started.onerror = (event) => change({ kind: 'failed', reason: whyStopped(event) });
      change({ kind: 'started', at: Date.now() });
      send({ kind: 'start', choice, model, threads });
    },
    [send, name],
  );
  return {
    run,
    start,
    pause: () => send({ kind: 'pause' }),
    goOn: () => send({ kind: 'go on' }),
    keepModel: () => send({ kind: 'keep' }),
  };
}
