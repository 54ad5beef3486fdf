import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** Figures beside what they belong to, within the window. Screen readers get them with the item itself. */
export function Tooltip({ at, children }: { at: DOMRect; children: ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current!;
    const { width, height } = element.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const below = at.bottom + 6;
    const top = below + height > window.innerHeight - 4 ? at.top - height - 6 : below;
    element.style.left = `${Math.max(8, Math.min(at.left, room - width - 8))}px`;
    element.style.top = `${Math.max(4, top)}px`;
    const hide = () => {
      element.hidden = true;
    };
    window.addEventListener('scroll', hide, { passive: true, once: true, capture: true });
    return () => window.removeEventListener('scroll', hide, { capture: true });
  }, [at]);
  return (
    <div class="tooltip" ref={box} aria-hidden="true">
      {children}
    </div>
  );
}
