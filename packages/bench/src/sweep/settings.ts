/** Settings as a file has them: objects in objects. */
export type Settings = { [key: string]: unknown };

export function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
