// How a record lies in memory: a description from which the code that writes it and the code that reads it both follow.

/** A field of four bytes: an address or a size, a whole number, or a float. */
export interface Field {
  readonly type: 'usize' | 'i32' | 'f32';
  readonly about: string | undefined;
}

/** A field that holds an address or a size. */
export const size = (about?: string): Field => ({ type: 'usize', about });
/** A field that holds a whole number. */
export const whole = (about?: string): Field => ({ type: 'i32', about });
/** A field that holds a float. */
export const real = (about?: string): Field => ({ type: 'f32', about });

/** Addresses of tensors, or sizes, that need no words. */
export function sizes<Name extends string>(...names: readonly Name[]): Readonly<Record<Name, Field>> {
  return Object.fromEntries(names.map((name) => [name, size()])) as Record<Name, Field>;
}

interface Parts {
  readonly [name: string]: AnyLayout;
}

/** A record: its fields in their order, and records that follow them. */
export interface Layout<Name extends string, Nested extends object = object> {
  /** Of the class that reads it. */
  readonly name: string;
  readonly about: string | undefined;
  /** The record that it begins with. */
  readonly base: AnyLayout | undefined;
  /** All fields, those of the base first. */
  readonly fields: ReadonlyMap<Name, Field>;
  readonly parts: ReadonlyMap<string, AnyLayout>;
  /** Says what `parts` are called, to the compiler. */
  readonly nested?: Nested;
}

export type AnyLayout = Layout<string>;

/** The numbers of a record, by field, and those of its parts. */
export type ValuesOf<L> =
  L extends Layout<infer Name, infer Nested>
    ? Readonly<Record<Name, number>> & { readonly [Part in keyof Nested]: ValuesOf<Nested[Part]> }
    : never;

/** Describes a record. */
export function layout<
  Name extends string,
  BaseName extends string = never,
  Nested extends Parts = Record<never, never>,
>(
  name: string,
  fields: Readonly<Record<Name, Field>>,
  more: { readonly about?: string; readonly base?: Layout<BaseName>; readonly parts?: Nested } = {},
): Layout<Name | BaseName, Nested> {
  const own = Object.entries(fields) as [Name, Field][];
  return {
    ...{ name, about: more.about, base: more.base },
    fields: new Map<Name | BaseName, Field>([...(more.base?.fields ?? []), ...own]),
    parts: new Map(Object.entries(more.parts ?? {})),
  };
}

/** Words of a record with its parts. */
export function wordCount({ fields, parts }: AnyLayout): number {
  return fields.size + [...parts.values()].reduce((sum, part) => sum + wordCount(part), 0);
}

/** The word at which each part of a record begins. */
export function partOffsets({ fields, parts }: AnyLayout): ReadonlyMap<string, number> {
  let next = fields.size;
  return new Map(
    [...parts].map(([name, part]) => {
      const at = next;
      next += wordCount(part);
      return [name, at];
    }),
  );
}

/** Views of one memory. */
export interface Memory {
  readonly HEAPU32: Uint32Array;
  readonly HEAPF32: Float32Array;
}

interface Values {
  readonly [name: string]: number | Values;
}

/** Writes a record at an address of the memory. @returns the address behind it. */
export function writeRecord<L extends AnyLayout>(
  memory: Memory,
  address: number,
  layout: L,
  values: ValuesOf<L>,
): number {
  return 4 * write(memory, address / 4, layout, values as Values);
}

function write(memory: Memory, word: number, { fields, parts }: AnyLayout, values: Values): number {
  let next = word;
  for (const [name, { type }] of fields) {
    const heap = type === 'f32' ? memory.HEAPF32 : memory.HEAPU32;
    heap[next++] = values[name] as number;
  }
  for (const [name, part] of parts) next = write(memory, next, part, values[name] as Values);
  return next;
}

/** The words of a record without floats. */
export function wordsOf<L extends AnyLayout>(layout: L, values: ValuesOf<L>): Int32Array<ArrayBuffer> {
  const words = new Int32Array(wordCount(layout));
  const { buffer } = words;
  const memory = { HEAPU32: new Uint32Array(buffer), HEAPF32: new Float32Array(buffer) };
  writeRecord(memory, 0, layout, values);
  return words;
}
