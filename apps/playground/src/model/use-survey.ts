import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { startWorker, whyStopped } from '../start-worker.js';
import type { ChosenFiles, Survey, SurveyAnswer } from '../worker/survey-messages.js';

/** What is known of files that were chosen. */
export type Surveyed =
  | { readonly state: 'nothing' }
  | { readonly state: 'looking' }
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'known'; readonly survey: Survey };

/** Looks into files in a worker that lives as long as that takes. */
export function useSurvey() {
  const worker = useRef<Worker | undefined>(undefined);
  const [surveyed, setSurveyed] = useState<Surveyed>({ state: 'nothing' });
  useEffect(() => () => worker.current?.terminate(), []);
  const look = useCallback((files: ChosenFiles) => {
    worker.current?.terminate();
    const started = startWorker('survey');
    worker.current = started;
    const end = (result: Surveyed) => {
      started.terminate();
      setSurveyed(result);
    };
    started.onmessage = ({ data }: MessageEvent<SurveyAnswer>) =>
      end(
        data.kind === 'surveyed'
          ? { state: 'known', survey: data.survey }
          : { state: 'refused', reason: data.reason },
      );
    started.onerror = (event) => end({ state: 'refused', reason: whyStopped(event) });
    setSurveyed({ state: 'looking' });
    started.postMessage(files);
  }, []);
  return { surveyed, look };
}
