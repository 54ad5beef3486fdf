import { readTextIfPresent } from './disk.js';
import type { Folder } from './folder.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in a JSON file of a directory; undefined when there is no such file. */
export async function readJsonIfPresent(directory: Folder, name: string): Promise<JsonObject | undefined> {
  const text = await readTextIfPresent(directory, name);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`readJson: ${name} in ${directory} is not JSON (${(cause as Error).message}).`, {
      cause,
    });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new RangeError(`readJson: ${name} in ${directory} holds ${describe(json)}; expected an object.`);
  }
  return json as JsonObject;
}

/** The same for a file that must be there. */
export async function readJson(directory: Folder, name: string): Promise<JsonObject> {
  const json = await readJsonIfPresent(directory, name);
  if (!json)
    throw new RangeError(
      `readJson: ${directory} has no ${name}; expected a Hugging Face directory with one.`,
    );
  return json;
}

function describe(json: unknown): string {
  return json === null ? 'null' : Array.isArray(json) ? 'a list' : `a ${typeof json}`;
}
