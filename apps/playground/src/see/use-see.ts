import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { startWorker, whyStopped } from '../start-worker.js';
import type { ModelChoice } from '../worker/model-choice.js';
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

/** The model in its worker; another model gets another worker. */
export function useSee(model: ModelChoice): SeeModel {
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
    const started = startWorker('see');
    worker.current = started;
    busy.current = false;
    waiting.current = undefined;
    setState('loading');
    setSaid('Loading the model…');
    setWords([]);
    setSeen(undefined);
    started.onerror = (event) => {
      setState('failed');
      setSaid(whyStopped(event));
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
    send({ kind: 'load', model });
    return () => started.terminate();
  }, [send, model]);

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
