import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Figures beside what they belong to, within the window. Screen readers get them with the item itself. */
export function Tooltip({ anchor, children }: { anchor: HTMLElement; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const place = () => {
      const element = box.current;
      if (element === null) return;
      // Where the item begins: one that wraps has a box as wide as its line.
      const at = anchor.getClientRects()[0] ?? anchor.getBoundingClientRect();
      const { width, height } = element.getBoundingClientRect();
      const room = document.documentElement.clientWidth;
      const below = at.bottom + 6;
      const top = below + height > window.innerHeight - 4 ? at.top - height - 6 : below;
      element.style.left = `${Math.max(8, Math.min(at.left, room - width - 8))}px`;
      element.style.top = `${Math.max(4, top)}px`;
    };
    place();
    const options = { passive: true, capture: true };
    window.addEventListener('scroll', place, options);
    return () => window.removeEventListener('scroll', place, options);
  }, [anchor]);
  return (
    <div class="tooltip" ref={box} aria-hidden="true">
      {children}
    </div>
  );
}
