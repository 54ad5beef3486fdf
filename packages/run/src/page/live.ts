import { useEffect, useState } from 'preact/hooks';
import type { GroupRecord } from '../logs/rollout-log.js';
import type { RunPageData, RunUpdate } from './page-data.js';

/** How a page stands with its run. */
export type Connection = 'none' | 'live' | 'lost' | 'ended';

/** Most groups that an open page keeps; beyond, older ones are thinned. */
const kept = 400;

/** The run as it is by now: a served page hears of every step, and finds its way back after a lost connection. */
export function useRun(initial: RunPageData): { data: RunPageData; connection: Connection } {
  const [data, setData] = useState(initial);
  const [connection, setConnection] = useState<Connection>(initial.live ? 'live' : 'none');
  useEffect(() => {
    if (!initial.live) return;
    const source = new EventSource(`events?after=${initial.series.steps.at(-1) ?? 0}`);
    source.onopen = () => setConnection('live');
    source.onerror = () => setConnection((now) => (now === 'ended' ? now : 'lost'));
    source.onmessage = ({ data: text }) => {
      const { ended, ...update } = JSON.parse(text) as RunUpdate;
      setData((now) => ({ ...now, ...update, groups: merge(now.groups, update.groups) }));
      if (!ended) return;
      setConnection('ended');
      source.close();
    };
    return () => source.close();
  }, [initial]);
  return { data, connection };
}

/** Steps that ran again replace what was there; groups with pictures stay longest. */
export function merge(old: readonly GroupRecord[], fresh: readonly GroupRecord[]): GroupRecord[] {
  if (fresh.length === 0) return [...old];
  const steps = new Set(fresh.map(({ step }) => step));
  const all = [...old.filter(({ step }) => !steps.has(step)), ...fresh].sort((a, b) => a.step - b.step);
  if (all.length <= kept) return all;
  const newest = all.at(-1)?.step;
  return all.filter(({ step, images }, i) => step === newest || (images !== undefined && i % 2 === 0));
}
