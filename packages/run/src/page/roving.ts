import { useLayoutEffect, useRef } from 'preact/hooks';

/** Keys that go to the previous and the next item. */
export interface Keys {
  readonly previous: string;
  readonly next: string;
}
export const horizontal: Keys = { previous: 'ArrowLeft', next: 'ArrowRight' };
export const vertical: Keys = { previous: 'ArrowUp', next: 'ArrowDown' };

/** The item that a key leads to, if it is a key that leads anywhere. */
export function nextIndex(key: string, index: number, count: number, keys: Keys): number | undefined {
  if (count === 0) return undefined;
  if (key === keys.previous) return Math.max(0, index - 1);
  if (key === keys.next) return Math.min(count - 1, index + 1);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return undefined;
}

/**
 * Moves the focus inside a widget whose items share one tab stop.
 *
 * @returns a ref for the widget, and what to call to focus the item with a given `data-index` after the next render.
 */
export function useFocusMove<E extends HTMLElement>() {
  const widget = useRef<E>(null);
  const wanted = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const item = widget.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    wanted.current = undefined;
    item?.focus();
    item?.scrollIntoView?.({ block: 'nearest' });
  });
  return {
    widget,
    moveTo: (index: number) => {
      wanted.current = index;
    },
  };
}
