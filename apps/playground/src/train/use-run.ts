import { type EvaluationRow, type GroupRecord, mergeGroups } from '@cppo/run/page';
import { useCallback, useEffect, useReducer, useRef } from 'preact/hooks';
import type { RunChoice, StepFigures, TrainAnswer, TrainRequest } from '../worker/train-messages.js';

export type RunState = 'idle' | 'running' | 'paused' | 'ended' | 'failed';

/** A run as far as it has come. */
export interface RunSoFar {
  readonly state: RunState;
  /** What is being done, or why it failed. */
  readonly said: string;
  readonly steps: readonly StepFigures[];
  readonly groups: readonly GroupRecord[];
  /** All groups that were rolled out; of many, fewer are kept. */
  readonly rolledOut: number;
  readonly evaluation: readonly EvaluationRow[];
}

const nothing: RunSoFar = {
  ...{ state: 'idle', said: 'Not started.', steps: [], groups: [], rolledOut: 0, evaluation: [] },
};

type Change = TrainAnswer | { readonly kind: 'started' };

export function runAfter(run: RunSoFar, change: Change): RunSoFar {
  switch (change.kind) {
    case 'started':
      return { ...nothing, state: 'running', said: 'Loading the model' };
    case 'doing':
      return { ...run, state: 'running', said: change.what };
    case 'evaluated':
      return { ...run, evaluation: change.rows };
    case 'step':
      return {
        ...run,
        steps: [...run.steps, change.figures],
        groups: mergeGroups(run.groups, change.groups),
        rolledOut: run.rolledOut + change.groups.length,
      };
    case 'paused':
      return { ...run, state: 'paused', said: `Paused after step ${run.steps.length}.` };
    case 'ended':
      return { ...run, state: 'ended', said: `Done: ${run.steps.length} steps.` };
    case 'failed':
      return { ...run, state: 'failed', said: change.reason };
  }
}

/** A run in a worker of its own; a start ends the one before. */
export function useRun() {
  const worker = useRef<Worker | undefined>(undefined);
  const [run, change] = useReducer(runAfter, nothing);
  useEffect(() => () => worker.current?.terminate(), []);
  const send = useCallback((request: TrainRequest) => worker.current?.postMessage(request), []);
  const start = useCallback(
    (choice: RunChoice) => {
      worker.current?.terminate();
      const started = new Worker(new URL('../worker/train-worker.ts', import.meta.url), { type: 'module' });
      worker.current = started;
      started.onmessage = ({ data }: MessageEvent<TrainAnswer>) => change(data);
      started.onerror = ({ message }) =>
        change({
          kind: 'failed',
          reason: `The worker stopped: ${message || 'its program could not be read'}.`,
        });
      change({ kind: 'started' });
      send({ kind: 'start', choice });
    },
    [send],
  );
  return { run, start, pause: () => send({ kind: 'pause' }), goOn: () => send({ kind: 'go on' }) };
}
