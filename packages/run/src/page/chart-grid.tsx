import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { horizontal, nextIndex, useFocusMove, vertical } from './roving.js';

/** What a chart of a grid is told besides its values. */
export interface ChartPlace {
  readonly index: number;
  readonly tabStop: boolean;
  /** Index of the step that is read, if any. */
  readonly cursor: number | undefined;
  onCursor(cursor: number | undefined): void;
  onKeyDown(event: KeyboardEvent): void;
}

/** Charts over the same steps with one cursor; arrow keys move within and among them. */
export function ChartGrid<T>({
  steps,
  items,
  children: draw,
}: {
  steps: readonly number[];
  items: readonly T[];
  children: (item: T, place: ChartPlace) => ComponentChildren;
}) {
  const [cursor, setCursor] = useState<number | undefined>(undefined);
  const [active, setActive] = useState(0);
  const { widget, moveTo } = useFocusMove<HTMLDivElement>();
  const onKeyDown = (event: KeyboardEvent) => {
    const chart = nextIndex(event.key, active, items.length, vertical);
    const pages = event.shiftKey ? 10 : 1;
    const last = steps.length - 1;
    const inside = nextIndex(event.key, cursor ?? last, steps.length, horizontal);
    if (event.key === 'Escape') setCursor(undefined);
    else if (inside !== undefined) {
      const from = cursor ?? last;
      const jump = event.key.startsWith('Arrow') ? (inside - from) * pages : inside - from;
      setCursor(Math.max(0, Math.min(last, from + jump)));
    } else if (chart !== undefined) {
      setActive(chart);
      moveTo(chart);
    } else return;
    event.preventDefault();
  };
  return (
    <div class="charts" ref={widget}>
      {items.map((item, index) =>
        draw(item, {
          index,
          tabStop: index === Math.min(active, items.length - 1),
          cursor,
          onCursor: setCursor,
          onKeyDown,
        }),
      )}
    </div>
  );
}
