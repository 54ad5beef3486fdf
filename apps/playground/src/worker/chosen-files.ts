import { BlobReader, BlobWriter, configure, type FileEntry, ZipReader } from '@zip.js/zip.js';
import type { ModelFiles } from './model-choice.js';
import type { ChosenFiles } from './survey-messages.js';

// This is a worker already, and the page's policy starts no program made of text.
configure({ useWebWorkers: false });

type Open = () => Promise<Blob>;
/** The files of a folder by name. */
type Names = ReadonlyMap<string, Open>;

const adapterConfig = 'adapter_config.json';
const isWeights = (name: string) => name.endsWith('.safetensors');
const isModel = (names: Names) =>
  names.has('config.json') && [...names.keys()].some((name) => isWeights(name) && !/^adapter_/.test(name));

/**
 * The files of the one model among those that were chosen: the folder nearest to the top that holds a configuration
 * and weights. An archive is looked into, and of it no more is unpacked than that folder.
 *
 * @throws RangeError when there is none, or an adapter without its model.
 */
export async function modelAmong(chosen: ChosenFiles): Promise<ModelFiles> {
  const [[path, archive] = ['nothing', undefined]] = chosen;
  if (chosen.length !== 1 || archive === undefined || !/\.zip$/i.test(path)) {
    return findModel(chosen.map(([place, file]) => [place, async () => file]));
  }
  const reader = new ZipReader(new BlobReader(archive));
  try {
    const entries = (await reader.getEntries()).filter((entry): entry is FileEntry => !entry.directory);
    return await findModel(
      entries.map((entry) => [entry.filename, () => entry.getData(new BlobWriter())] as const),
    );
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`${path} cannot be read as a zip archive: ${reason}.`, { cause });
  } finally {
    await reader.close();
  }
}

async function findModel(files: readonly (readonly [string, Open])[]): Promise<ModelFiles> {
  const folders = new Map<string, Map<string, Open>>();
  for (const [path, open] of files) {
    const cut = path.lastIndexOf('/') + 1;
    const names = folders.get(path.slice(0, cut)) ?? new Map<string, Open>();
    folders.set(path.slice(0, cut), names.set(path.slice(cut), open));
  }
  const fromTheTop = [...folders]
    .sort(([a], [b]) => a.split('/').length - b.split('/').length)
    .map(([, names]) => names);
  const model = fromTheTop.find(isModel);
  if (model === undefined) throw await noModel(fromTheTop, files.length);
  const opened = await Promise.all([...model].map(async ([name, open]) => [name, await open()] as const));
  return Object.fromEntries(opened);
}

/** What is there in the place of a model. */
async function noModel(folders: readonly Names[], count: number): Promise<RangeError> {
  const adapter = folders.find((names) => names.has(adapterConfig))?.get(adapterConfig);
  if (adapter !== undefined) {
    return new RangeError(
      `These are the files of an adapter (LoRA) of ${await baseOf(await adapter())}; expected the files of that model beside them, in one folder or archive.`,
    );
  }
  return new RangeError(
    `There is no model among ${count === 1 ? 'this one file' : `these ${count} files`}; expected config.json, tokenizer.json, preprocessor_config.json and *.safetensors in one folder or archive.`,
  );
}

async function baseOf(config: Blob): Promise<string> {
  try {
    const { base_model_name_or_path: base } = JSON.parse(await config.text());
    if (typeof base === 'string' && base !== '') return base;
  } catch {
    // That it cannot be read is beside the point.
  }
  return 'a model that it does not name';
}
