import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type {
  DrawnTask,
  Question,
  SeeAnswer,
  Seen,
  SeeRequest,
  TaskPlace,
  ViewChoice,
} from '../worker/see-messages.js';

/** How the worker stands. */
export type SeeState = 'loading' | 'ready' | 'answering' | 'looking' | 'failed';

export interface SeeModel {
  readonly state: SeeState;
  /** The engine in words, or why there is none. */
  readonly said: string;
  /** Names of the built-in tasks. */
  readonly tasks: readonly string[];
  readonly drawn: DrawnTask | undefined;
  /** Tokens of the answer as they come. */
  readonly words: readonly string[];
  /** Nothing while an answer is being written. */
  readonly seen: Seen | undefined;
  draw(place: TaskPlace): void;
  ask(question: Question): void;
  look(views: ViewChoice): void;
}

/** The model in its worker. */
export function useSee(): SeeModel {
  const worker = useRef<Worker | undefined>(undefined);
  /** Views that wait until the worker has looked at those before. */
  const waiting = useRef<ViewChoice | undefined>(undefined);
  const busy = useRef(false);
  const [state, setState] = useState<SeeState>('loading');
  const [said, setSaid] = useState('Loading the model…');
  const [tasks, setTasks] = useState<readonly string[]>(['digits']);
  const [drawn, setDrawn] = useState<DrawnTask | undefined>(undefined);
  const [words, setWords] = useState<readonly string[]>([]);
  const [seen, setSeen] = useState<Seen | undefined>(undefined);
  const send = useCallback((request: SeeRequest) => worker.current?.postMessage(request), []);

  useEffect(() => {
    const started = new Worker(new URL('../worker/see-worker.ts', import.meta.url), { type: 'module' });
    worker.current = started;
    started.onerror = ({ message }) => {
      setState('failed');
      setSaid(`The model's worker did not start: ${message || 'its program could not be read'}.`);
    };
    started.onmessage = ({ data }: MessageEvent<SeeAnswer>) => {
      switch (data.kind) {
        case 'ready':
          setSaid(data.engine);
          setTasks(data.tasks);
          return setState((now) => (now === 'loading' ? 'ready' : now));
        case 'drawn':
          return setDrawn(data.drawn);
        case 'token':
          return setWords((before) => [...before, data.text]);
        case 'seen': {
          setSeen(data.seen);
          const next = waiting.current;
          waiting.current = undefined;
          if (next !== undefined) return send({ kind: 'look', views: next });
          busy.current = false;
          return setState('ready');
        }
        case 'failed':
          busy.current = false;
          setState('failed');
          return setSaid(data.reason);
      }
    };
    return () => started.terminate();
  }, [send]);

  const draw = useCallback((place: TaskPlace) => send({ kind: 'draw', place }), [send]);
  const ask = useCallback(
    (asked: Question) => {
      busy.current = true;
      waiting.current = undefined;
      setState('answering');
      setWords([]);
      setSeen(undefined);
      send({ kind: 'ask', asked });
    },
    [send],
  );
  const look = useCallback(
    (views: ViewChoice) => {
      if (busy.current) {
        waiting.current = views;
        return;
      }
      busy.current = true;
      setState('looking');
      send({ kind: 'look', views });
    },
    [send],
  );
  return { state, said, tasks, drawn, words, seen, draw, ask, look };
}
