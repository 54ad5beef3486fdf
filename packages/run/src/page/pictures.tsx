const names: Readonly<Record<string, string>> = {
  original: 'original I',
  perturbed: 'as it was answered',
  preserving: 'preserving I⁺',
  removing: 'removing I⁻',
};

/** The views of a prompt's pictures, each picture with its views in a row. */
export function Pictures({ views }: { views: Readonly<Record<string, string | readonly string[]>> }) {
  const shown = Object.entries(views).flatMap(([view, found]) => {
    const urls = typeof found === 'string' ? [found] : found;
    return urls.map((url, i) => ({ view, url, number: urls.length > 1 ? ` ${i + 1}` : '', i }));
  });
  if (shown.length === 0) return null;
  return (
    <div class="pictures">
      {shown
        .sort((a, b) => a.i - b.i)
        .map(({ view, url, number }) => (
          <figure key={`${view}${number}`}>
            <img src={safe(url)} alt={`${view} view${number}`} class={isDrawing(url) ? 'drawing' : ''} />
            <figcaption>
              {names[view] ?? view}
              {number}
            </figcaption>
          </figure>
        ))}
    </div>
  );
}

/** Pictures are part of the page or they are nothing. */
function safe(url: string): string {
  return url.startsWith('data:image/') ? url : '';
}

/** Whether a PNG is so small that it looks best enlarged without blur: its width is bytes 16 to 19. */
function isDrawing(url: string): boolean {
  const start = 'data:image/png;base64,';
  if (!url.startsWith(start)) return false;
  const bytes = atob(url.slice(start.length, start.length + 32));
  const width = [16, 17, 18, 19].reduce((sum, i) => sum * 256 + (bytes.charCodeAt(i) || 0), 0);
  return width < 256;
}
