import { parse } from 'yaml';
import type { HubLocation } from '../spec/parse-spec.js';

interface DataFile {
  readonly split: string;
  readonly path: string | readonly string[];
}

interface Config {
  readonly config_name: string;
  readonly default?: boolean;
  readonly data_files?: string | readonly string[] | readonly DataFile[];
}

const dataEnding = /\.(parquet|jsonl|ndjson|json|csv|tsv)$/i;
/** Files about the data that have data endings. */
const aboutData = /(^|\/)(dataset_infos?|dataset_dict|state|\..*)\.json$|(^|\/)\./;

/**
 * The files of a hub data set that a configuration and a split name: as its card (README.md) says under `configs`, or, where the
 * card says nothing, by the names of files and folders as the hub itself guesses them.
 *
 * @param card  text of the card, or undefined.
 * @param paths all files of the repository.
 * @throws RangeError that lists the configurations or splits that there are.
 */
export function dataFiles(
  location: HubLocation,
  card: string | undefined,
  paths: readonly string[],
): string[] {
  const where = `${location.repository}@${location.revision}`;
  const configs = configsOf(card);
  if (configs.length === 0) return guessed(location, paths, where);
  const config = pickConfig(configs, location.config, where);
  const bySplit = splitsOf(config);
  const split = pickSplit([...bySplit.keys()], location.split, where);
  const files = paths.filter((path) =>
    bySplit.get(split)!.some((pattern) => globExpression(pattern).test(path)),
  );
  if (files.length === 0) {
    throw new RangeError(
      `openDataset: found no file of split "${split}" in ${where}; expected ${bySplit.get(split)!.join(', ')}`,
    );
  }
  return files.sort();
}

function configsOf(card: string | undefined): Config[] {
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card ?? '')?.[1];
  if (front === undefined) return [];
  let configs: unknown;
  try {
    configs = (parse(front) as { configs?: unknown } | null)?.configs;
  } catch {
    // A card that is no YAML says as much as no card.
    return [];
  }
  return Array.isArray(configs) ? configs.filter((each: Config) => each?.data_files !== undefined) : [];
}

function pickConfig(configs: readonly Config[], name: string | undefined, where: string): Config {
  const names = configs.map((each) => each.config_name);
  const picked =
    name === undefined
      ? configs.length === 1
        ? configs[0]
        : (configs.find((each) => each.default) ?? configs.find((each) => each.config_name === 'default'))
      : configs.find((each) => each.config_name === name);
  if (picked) return picked;
  throw new RangeError(
    `openDataset: found ${name === undefined ? 'no configuration' : `configuration "${name}"`} for ${where}; expected one of ${names.join(', ')}`,
  );
}

function splitsOf(config: Config): Map<string, string[]> {
  const files = typeof config.data_files === 'string' ? [config.data_files] : config.data_files!;
  const splits = new Map<string, string[]>();
  for (const entry of files) {
    const [split, path] = typeof entry === 'string' ? ['train', entry] : [entry.split, entry.path];
    splits.set(split, [...(splits.get(split) ?? []), ...(typeof path === 'string' ? [path] : path)]);
  }
  return splits;
}

function pickSplit(splits: readonly string[], name: string | undefined, where: string): string {
  const picked =
    name === undefined ? (splits.length === 1 ? splits[0] : splits.find((each) => each === 'train')) : name;
  if (picked !== undefined && splits.includes(picked)) return picked;
  throw new RangeError(
    `openDataset: found ${name === undefined ? 'no split' : `split "${name}"`} for ${where}; expected one of ${splits.join(', ')}`,
  );
}

/** Without a card: data files of one ending, those of the named (or training) split, of the named configuration's folder. */
function guessed(location: HubLocation, paths: readonly string[], where: string): string[] {
  const data = paths.filter((path) => dataEnding.test(path) && !aboutData.test(path));
  const ofConfig =
    location.config === undefined ? data : data.filter((path) => path.split('/').includes(location.config!));
  for (const ending of ['parquet', 'jsonl', 'ndjson', 'json', 'csv', 'tsv']) {
    const files = ofConfig.filter((path) => path.toLowerCase().endsWith(`.${ending}`)).sort();
    if (files.length === 0) continue;
    const ofSplit = files.filter((path) => namesSplit(path, location.split ?? 'train'));
    if (ofSplit.length > 0) return ofSplit;
    if (location.split === undefined) return files;
  }
  const shown = data.slice(0, 8).join(', ');
  throw new RangeError(
    `openDataset: found no data file of ${[location.config, location.split].filter(Boolean).join('/') || 'any split'} in ${where}; expected one among ${shown || 'none'}`,
  );
}

function namesSplit(path: string, split: string): boolean {
  const bare = split.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[-_./ ])${bare}([-_./ ]|$)`, 'i').test(path);
}

/** `data/train-*`, `**\/*.parquet`, `{a,b}.jsonl` as regular expressions. */
function globExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/^\.\//, '')
    .split(/(\*\*\/|\*\*|\*|\?|\{[^}]*\})/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      if (part.startsWith('{')) return `(?:${part.slice(1, -1).split(',').map(literal).join('|')})`;
      return literal(part);
    })
    .join('');
  return new RegExp(`^${source}$`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
