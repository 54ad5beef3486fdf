import { readFile } from 'node:fs/promises';
import type { HubLocation } from '../spec/parse-spec.js';
import { dataFiles } from './data-files.js';
import { Repository, type RepositoryOptions } from './repository.js';

export interface HubFiles {
  /** Data files in the cache, in the order of their names. */
  readonly files: readonly string[];
  /** Folder with the repository's layout. */
  readonly root: string;
  /**
   * Fetches what rows name by path: pictures stored in the repository as files, and archives of them.
   *
   * @returns the archives.
   */
  fetchPictures(): Promise<string[]>;
}

/** Fetches the data files of a configuration and a split, or finds them in the cache. */
export async function fetchHubFiles(
  location: HubLocation,
  options: Omit<RepositoryOptions, 'repository' | 'revision'>,
): Promise<HubFiles> {
  const { cacheFolder, hubUrl, token, onProgress } = options;
  const { repository: name, revision } = location;
  const repository = await Repository.open({
    repository: name,
    revision,
    cacheFolder,
    hubUrl,
    token,
    onProgress,
  });
  const [card] = repository.paths.includes('README.md') ? await repository.fetch(['README.md']) : [];
  const paths = dataFiles(location, card && (await readFile(card, 'utf8')), repository.paths);
  return {
    files: await repository.fetch(paths),
    root: repository.root,
    fetchPictures: async () => {
      await repository.fetch(
        repository.paths.filter((path) => /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i.test(path)),
      );
      return repository.fetch(repository.paths.filter((path) => /\.zip$/i.test(path)));
    },
  };
}
