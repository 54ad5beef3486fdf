/** A unit of measurement: what it measures, and how many SI units it is. */
export interface Unit {
  /** For example `length^1 time^-1`; `''` for a mere word such as "apples". */
  readonly dimension: string;
  readonly factor: number;
}

type Entry = readonly [names: string, dimension: string, factor: number];

const ENTRIES: readonly Entry[] = [
  ['km kilometer kilometers kilometre kilometres', 'length', 1000],
  ['m meter meters metre metres', 'length', 1],
  ['dm decimeter decimeters', 'length', 0.1],
  ['cm centimeter centimeters centimetre centimetres', 'length', 0.01],
  ['mm millimeter millimeters millimetre millimetres', 'length', 0.001],
  ['nm nanometer nanometers', 'length', 1e-9],
  ['in inch inches', 'length', 0.0254],
  ['ft foot feet', 'length', 0.3048],
  ['yd yard yards', 'length', 0.9144],
  ['mi mile miles', 'length', 1609.344],
  ['kg kilogram kilograms', 'mass', 1000],
  ['g gram grams', 'mass', 1],
  ['mg milligram milligrams', 'mass', 0.001],
  ['lb lbs pound pounds', 'mass', 453.59237],
  ['oz ounce ounces', 'mass', 28.349523125],
  ['s sec secs second seconds', 'time', 1],
  ['ms millisecond milliseconds', 'time', 0.001],
  ['min mins minute minutes', 'time', 60],
  ['h hr hrs hour hours', 'time', 3600],
  ['day days', 'time', 86400],
  ['week weeks', 'time', 604800],
  ['L l liter liters litre litres', 'volume', 1],
  ['mL ml milliliter milliliters millilitre millilitres', 'volume', 0.001],
  ['mph', 'length^1 time^-1', 1609.344 / 3600],
  ['kph kmh', 'length^1 time^-1', 1000 / 3600],
  ['N newton newtons', 'force', 1],
  ['J joule joules', 'energy', 1],
  ['kJ kilojoule kilojoules', 'energy', 1000],
  ['W watt watts', 'power', 1],
  ['kW kilowatt kilowatts', 'power', 1000],
  ['V volt volts', 'voltage', 1],
  ['A amp amps ampere amperes', 'current', 1],
  ['Hz hertz', 'frequency', 1],
  ['Pa pascal pascals', 'pressure', 1],
  ['kPa', 'pressure', 1000],
  ['K kelvin C F', 'temperature', 1],
  ['mol moles', 'amount', 1],
  ['rad radian radians', 'angle', 1],
  ['dollar dollars', 'money', 1],
  ['cent cents', 'money', 0.01],
];

const TABLE = new Map(
  ENTRIES.flatMap(([names, dimension, factor]) =>
    names.split(' ').map((name) => [name, { dimension, factor }] as const),
  ),
);

/** A number or expression with the unit that follows it. */
export interface Measured {
  readonly value: string;
  readonly unit: Unit | null;
}

const WORD = /(?:^|[\s/}\d)\]])((?:[a-zA-Z]+)(?:\^(?:\{-?\d\}|\d))?)$/;

/**
 * Splits `12 cm^{2}`, `60 km/h`, `5 square meters` and `12 apples` into value and unit. A unit of one letter
 * counts only after a space, so that `2m` stays a product; without a value before it a word is no unit.
 */
export function splitUnit(text: string): Measured {
  // The degrees of an angle inside a function are no unit of its value.
  const angle = /\\(?:sin|cos|tan|cot|sec|csc)/.test(text);
  let rest = angle
    ? text
    : text.replace(/\s*\^\\circ\s*[CF]?$/, '').replace(/\s*degrees?(?: (?:Celsius|Fahrenheit))?$/i, '');
  const words: { name: string; power: number }[] = [];
  let known = true;
  for (let round = 0; round < 6; round++) {
    const match = WORD.exec(rest);
    if (!match) break;
    const token = match[1]!;
    const [name, exponent = '1'] = token.split('^') as [string, string?];
    const before = rest.slice(0, rest.length - token.length);
    const glued = /[\d})\]]$/.test(before);
    const entry = TABLE.has(name);
    const filler = /^(?:square|squared|cubic|cubed|sq|per)$/.test(name);
    // A mere word needs three letters and a gap; variables and functions are none.
    if (!entry && !filler && (glued || name.length < 3 || /^\\/.test(before.slice(-1)))) break;
    if (entry && name.length === 1 && glued) break;
    if (before.endsWith('\\')) break;
    known &&= entry || filler;
    let power = Number(exponent.replace(/[{}]/g, ''));
    let shorter = before.trimEnd();
    if (/(?:square|sq)$/.test(shorter)) {
      power = 2;
      shorter = shorter.replace(/\s*(?:square|sq)$/, '');
    } else if (/cubic$/.test(shorter)) {
      power = 3;
      shorter = shorter.replace(/\s*cubic$/, '');
    }
    if (shorter.endsWith('/') || /\bper$/.test(shorter)) {
      power = -power;
      shorter = shorter.replace(/\s*(?:\/|per)$/, '');
    }
    if (!filler) words.push({ name, power });
    rest = shorter.replace(/\s*\\cdot$/, '').trimEnd();
  }
  if (words.length === 0 && rest === text) return { value: text, unit: null };
  if (!/[\d\\)}\]a-z]$/i.test(rest) || !/\d|\\pi|\\sqrt|\\frac/.test(rest))
    return { value: text, unit: null };
  if (words.length === 0) return { value: rest, unit: null };
  return { value: rest, unit: known ? combine(words) : { dimension: '', factor: 1 } };
}

function combine(words: readonly { name: string; power: number }[]): Unit {
  const powers = new Map<string, number>();
  let factor = 1;
  for (const { name, power } of words) {
    const entry = TABLE.get(name)!;
    factor *= entry.factor ** power;
    for (const part of entry.dimension.split(' ')) {
      const [base, exponent = '1'] = part.split('^') as [string, string?];
      powers.set(base, (powers.get(base) ?? 0) + power * Number(exponent));
    }
  }
  const dimension = [...powers].filter(([, power]) => power !== 0).map(([base, power]) => `${base}^${power}`);
  return { dimension: dimension.sort().join(' '), factor };
}

const COMPOUND = /^(\d+)\s*([a-zA-Z]+)(?:,? and |[, ]+)(\d+(?:\.\d+)?)\s*([a-zA-Z]+)$/;

/** `3 m 20 cm` and `2 hours and 30 minutes` as one measure, in the first unit. */
export function joinMeasures(text: string): string {
  const match = COMPOUND.exec(text);
  if (!match) return text;
  const [, much, large, little, small] = match as unknown as [string, string, string, string, string];
  const [first, second] = [TABLE.get(large), TABLE.get(small)];
  if (!first || first.dimension !== second?.dimension || first.factor <= second.factor) return text;
  return `${Number(much) + (Number(little) * second.factor) / first.factor} ${large}`;
}
