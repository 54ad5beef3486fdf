/** Attributes of an element; numbers are rounded to two decimals. */
type Attributes = Readonly<Record<string, string | number | undefined>>;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** One SVG element. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const shown = typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value);
      return ` ${key}="${escaped(shown)}"`;
    })
    .join('');
  return content === '' ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
}

export interface Lettering {
  readonly size: number;
  readonly fill: string;
  readonly family: string;
  readonly weight?: 'bold' | 'normal';
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** Text whose capitals are centred on y (and, by default, whose width is centred on x). */
export function label(x: number, y: number, content: string, lettering: Lettering): string {
  return element(
    'text',
    {
      x,
      // Capitals and digits of the DejaVu fonts are 0.729 em high.
      y: y + 0.365 * lettering.size,
      'font-family': lettering.family,
      'font-size': lettering.size,
      'font-weight': lettering.weight ?? 'normal',
      'text-anchor': lettering.anchor ?? 'middle',
      fill: lettering.fill,
    },
    escaped(content),
  );
}

/** A whole picture. */
export function picture(
  width: number,
  height: number,
  background: string,
  content: readonly string[],
): string {
  return element(
    'svg',
    { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` },
    element('rect', { width, height, fill: background }) + content.join(''),
  );
}
