import { useEffect, useState } from 'preact/hooks';
import type { ComparisonPageData } from './comparison-data.js';
import type { Connection } from './live.js';

/** Runs as they are by now: a served page is sent all of them again whenever one has something new. */
export function useComparison(initial: ComparisonPageData): {
  data: ComparisonPageData;
  connection: Connection;
} {
  const [data, setData] = useState(initial);
  const [connection, setConnection] = useState<Connection>(initial.live ? 'live' : 'none');
  useEffect(() => {
    if (!initial.live) return;
    const source = new EventSource('events');
    source.onopen = () => setConnection('live');
    source.onerror = () => setConnection((now) => (now === 'ended' ? now : 'lost'));
    source.onmessage = ({ data: text }) => setData(JSON.parse(text) as ComparisonPageData);
    source.addEventListener('end', () => {
      setConnection('ended');
      source.close();
    });
    return () => source.close();
  }, [initial]);
  return { data, connection };
}
