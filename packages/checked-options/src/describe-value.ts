const longest = 60;

/** What was found, short enough for a sentence. */
export function describeValue(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || typeof value === 'bigint' || value === undefined) return String(value);
  if (isTensor(value)) return `a tensor of shape [${value.shape.join(', ')}]`;
  const json = toJson(value);
  if (json === undefined) return `a ${typeof value}`;
  return json.length <= longest ? json : `${json.slice(0, longest)}…`;
}

function isTensor(value: unknown): value is { readonly shape: readonly number[] } {
  return typeof value === 'object' && value !== null && 'shape' in value && Array.isArray(value.shape);
}

function toJson(value: unknown): string | undefined {
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  try {
    // JSON would make null of NaN.
    return JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'number' && !Number.isFinite(part) ? String(part) : part,
    );
  } catch {
    return undefined;
  }
}
