import { type AdapterTargets, adapterConfigFile } from './adapter-config.js';

/**
 * Why PEFT would not adapt a layer (`check_target_module_exists` of PEFT 0.21): what is stored for such a layer it drops.
 *
 * @param spellings the names that the layer has in some version of transformers; one that matches is enough.
 * @returns the key of adapter_config.json that leaves it out; undefined when it is adapted.
 * @throws RangeError for a regular expression that JavaScript does not know.
 */
export function leftOutBy(targets: AdapterTargets, spellings: readonly string[]): string | undefined {
  const { included, excluded, layers, layerLists } = targets;
  if (excluded !== undefined && spellings.some((name) => matches(name, excluded, 'exclude_modules'))) {
    return 'exclude_modules';
  }
  if (included === undefined || included === 'all-linear') return undefined;
  const found = spellings.filter((name) => matches(name, included, 'target_modules'));
  if (found.length === 0) return 'target_modules';
  if (layers === undefined || typeof included === 'string') return undefined;
  // A name that is listed whole is adapted in any layer.
  const inside = found.some(
    (name) => included.includes(name) || layers.includes(layerNumber(name, layerLists)),
  );
  return inside ? undefined : 'layers_to_transform';
}

function matches(name: string, pattern: readonly string[] | string, key: string): boolean {
  if (typeof pattern !== 'string') {
    return pattern.some((end) => name === end || name.endsWith(`.${end}`));
  }
  return wholeMatch(pattern, key).test(name);
}

/** Python's `re.fullmatch`. */
function wholeMatch(pattern: string, key: string): RegExp {
  const [, letters = '', body = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern) ?? [];
  try {
    return new RegExp(`^(?:${inJavaScript(body)})$`, letters);
  } catch (cause) {
    throw new RangeError(
      `readAdapterDirectory: "${key}" in ${adapterConfigFile} is ${JSON.stringify(pattern)}, a regular expression that ` +
        'JavaScript cannot read; expected a list of module names.',
      { cause },
    );
  }
}

/** Named groups and the ends of a text are written otherwise in Python. */
function inJavaScript(pattern: string): string {
  return pattern.replace(/\\(.)|\(\?P<|\(\?P=(\w+)\)/gs, (found, escaped?: string, group?: string) => {
    if (escaped === 'A') return '(?<![^])';
    if (escaped === 'Z') return '(?![^])';
    if (group !== undefined) return `\\k<${group}>`;
    return found === '(?P<' ? '(?<' : found;
  });
}

function layerNumber(name: string, lists: readonly string[] | undefined): number {
  const patterns =
    lists?.map((list) => `^(?:(?:.*?\\.)?${list})\\.(\\d+)\\.`) ?? (['^.*?\\.[^.]*\\.(\\d+)\\.'] as const);
  for (const pattern of patterns) {
    const match = new RegExp(pattern).exec(name);
    if (match) return Number(match[1]);
  }
  return Number.NaN;
}
