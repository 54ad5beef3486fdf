/** For each entry of a table, what `make` gives for it. */
export function mapped<Name extends string, From, To>(
  table: Readonly<Record<Name, From>>,
  make: (entry: From, name: Name) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(table).map(([name, entry]) => [name, make(entry, name as Name)]);
  return Object.fromEntries(entries) as Record<Name, To>;
}
