/** A data set on the Hugging Face hub. */
export interface HubLocation {
  readonly kind: 'hub';
  /** `owner/name` */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Configuration ("subset") as the data set's card names it. */
  readonly config?: string;
  readonly split?: string;
}

/** A file, a folder, or files by a pattern with `*`. */
export interface LocalLocation {
  readonly kind: 'local';
  readonly path: string;
}

/** One data set of a specification. */
export interface SpecPart {
  /** As written, without weight. */
  readonly text: string;
  /** Share in a mixture, relative to the other parts. */
  readonly weight: number;
  readonly location: LocalLocation | HubLocation;
  /** What stands after `?`. */
  readonly options: Readonly<Record<string, string>>;
}

/** Keys that may stand after `?`. */
const specOptions = [
  'layout',
  'limit',
  'id',
  'question',
  'system',
  'answer',
  'images',
  'source',
  'name',
  'imageRoot',
] as const;

const owner = '[A-Za-z0-9][A-Za-z0-9_.-]*';
const hubPattern = new RegExp(
  `^(?:hub:)?(${owner}/${owner})(?:@([^:/?]+))?(?::([^/?]+))?(?:/([A-Za-z0-9_.-]+))?$`,
);
const fileEnding = /\.(jsonl|ndjson|json|parquet|csv|tsv|png|jpe?g|webp|gif|bmp|tiff?|avif)$/i;

/**
 * Parses a data set specification.
 *
 *     spec     = part *( " + " part )
 *     part     = [ weight "*" ] location [ "?" key "=" value *( "&" key "=" value ) ]
 *     location = path | [ "hub:" ] owner "/" name [ "@" revision ] [ ":" config ] [ "/" split ]
 *
 * `owner/name` means a folder when one of that name exists, else the hub; `hub:` and `./` decide explicitly.
 *
 * @param text such as `train.jsonl`, `hiyouga/geometry3k/train`, `2*a.parquet + 1*./photos?layout=folder`.
 * @param isLocal whether a path exists.
 * @returns the parts, in order.
 * @throws RangeError with the part and what is expected of it.
 * @example
 * const [part] = parseSpec('2*hiyouga/geometry3k/train?limit=100', () => false);
 * part.weight; // 2
 * part.location.repository; // 'hiyouga/geometry3k'
 * part.options; // { limit: '100' }
 */
export function parseSpec(text: string, isLocal: (path: string) => boolean): SpecPart[] {
  if (text.trim() === '')
    throw new RangeError('parseSpec: found an empty specification; expected a path or owner/name');
  return text.split(/ \+ /).map((part) => parsePart(part.trim(), isLocal));
}

function parsePart(text: string, isLocal: (path: string) => boolean): SpecPart {
  const [, weightText, rest = ''] = /^(?:(\d+(?:\.\d+)?)\*)?([\s\S]*)$/.exec(text) ?? [];
  const weight = weightText === undefined ? 1 : Number(weightText);
  if (!(weight > 0))
    throw new RangeError(`parseSpec: found weight ${weightText} in "${text}"; expected more than 0`);
  // A file may have a question mark in its name.
  const mark = isLocal(rest) ? -1 : rest.lastIndexOf('?');
  const place = mark === -1 ? rest : rest.slice(0, mark);
  if (place === '')
    throw new RangeError(`parseSpec: found "${text}" without a path; expected a path or owner/name`);
  const options = mark === -1 ? {} : parseOptions(rest.slice(mark + 1), text);
  return { text: rest, weight, location: parseLocation(place, isLocal), options };
}

function parseLocation(place: string, isLocal: (path: string) => boolean): LocalLocation | HubLocation {
  const hub = hubPattern.exec(place);
  const named = place.startsWith('hub:');
  if (named && !hub) {
    throw new RangeError(`parseSpec: found "${place}"; expected hub:owner/name[@revision][:config][/split]`);
  }
  if (!hub || (!named && (isLocal(place) || fileEnding.test(place)))) return { kind: 'local', path: place };
  const [, repository = place, revision = 'main', config, split] = hub;
  return {
    kind: 'hub',
    repository,
    revision,
    ...(config !== undefined && { config }),
    ...(split !== undefined && { split }),
  };
}

function parseOptions(text: string, part: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    if (!(specOptions as readonly string[]).includes(key)) {
      throw new RangeError(
        `parseSpec: found option "${key}" in "${part}"; expected one of ${specOptions.join(', ')}`,
      );
    }
    options[key] = value;
  }
  return options;
}
