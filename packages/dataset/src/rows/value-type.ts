/** A value's type in words, as `cppo data inspect` prints it: `list<struct<bytes, path>>`. */
function valueType(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return `list<${value.length > 0 ? valueType(value[0]) : 'null'}>`;
  if (value instanceof Date) return 'date';
  if (typeof value === 'object') return `struct<${Object.keys(value).join(', ')}>`;
  return typeof value;
}

export function schemaOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueType(value)]));
}
