import { execFile } from 'node:child_process';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A TensorFlow on this machine against which tfjs-node's addon can be compiled. */
export interface TensorFlowLibrary {
  /** The library with the C interface. */
  readonly library: string;
  /** What it needs beside it. */
  readonly framework: string;
  /** Directory with `tensorflow/c/c_api.h`. */
  readonly include: string;
  /** Directory of CUDA's libraries as Python wheels bring them, if there is one. */
  readonly cudaLibraries: string | undefined;
  readonly version: string | undefined;
  readonly cuda: boolean;
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Finds TensorFlow's library and headers.
 *
 * @param from a Python environment, its site-packages, an installed `tensorflow` folder, an unpacked libtensorflow
 *   archive, or one of these's library files. Without it, the active Python environment is asked.
 * @throws Error when there is none, listing the searched places.
 */
export async function findTensorFlow(from?: string): Promise<TensorFlowLibrary> {
  const places = from === undefined ? await pythonPlaces() : await placesFrom(resolve(from));
  for (const place of places) {
    const found = (await wheel(place)) ?? (await archive(place));
    if (found) return found;
  }
  const looked =
    places.length > 0 ? places.join(', ') : 'no place: neither VIRTUAL_ENV nor python3 knows TensorFlow';
  throw new Error(
    `findTensorFlow: found no TensorFlow library (looked at ${looked}); expected a Python environment with the tensorflow package (pip install tensorflow, or tensorflow[and-cuda] for CUDA) or an unpacked libtensorflow archive.`,
  );
}

async function pythonPlaces(): Promise<string[]> {
  const places = process.env.VIRTUAL_ENV ? await placesFrom(process.env.VIRTUAL_ENV) : [];
  const script =
    'import importlib.util as u; s = u.find_spec("tensorflow"); print(s.submodule_search_locations[0] if s else "")';
  const asked = await run('python3', ['-c', script]).catch(() => undefined);
  const answer = asked?.stdout.trim();
  return answer ? [...places, answer] : places;
}

async function placesFrom(path: string): Promise<string[]> {
  if (!(await exists(path))) {
    throw new Error(
      `findTensorFlow: ${path} does not exist; expected a Python environment or an unpacked libtensorflow archive.`,
    );
  }
  if ((await stat(path)).isFile()) {
    const directory = dirname(path);
    return basename(directory) === 'lib' || basename(directory) === 'bin'
      ? placesFrom(dirname(directory))
      : [directory];
  }
  const places = [path, join(path, 'tensorflow')];
  const library = join(path, 'lib');
  for (const name of (await exists(library)) ? await readdir(library) : []) {
    if (name.startsWith('python')) places.push(join(library, name, 'site-packages', 'tensorflow'));
  }
  places.push(join(path, 'Lib', 'site-packages', 'tensorflow'));
  return places;
}

/** The `tensorflow` folder of a Python wheel: its C++ library exports the C interface too. */
async function wheel(place: string): Promise<TensorFlowLibrary | undefined> {
  const library = join(place, 'libtensorflow_cc.so.2');
  const framework = join(place, 'libtensorflow_framework.so.2');
  const include = join(place, 'include');
  if (!(await exists(library)) || !(await exists(join(include, 'tensorflow/c/c_api.h')))) return undefined;
  const site = dirname(place);
  const nvidia = join(site, 'nvidia');
  const record = (await readdir(site)).find((name) => /^tensorflow(_cpu)?-[\d.]+.*\.dist-info$/.test(name));
  const cudaLibraries = (await exists(nvidia)) ? nvidia : undefined;
  return {
    ...{ library, framework, include, cudaLibraries },
    version: record?.replace(/^tensorflow(_cpu)?-(.*)\.dist-info$/, '$2'),
    cuda: (await builtForCuda(place)) ?? cudaLibraries !== undefined,
  };
}

/** A wheel records how it was built. */
async function builtForCuda(place: string): Promise<boolean | undefined> {
  const record = join(place, 'python/platform/build_info.py');
  if (!(await exists(record))) return undefined;
  return /'is_cuda_build'[,:]\s*True/.test(await readFile(record, 'utf8'));
}

/** An unpacked libtensorflow archive: lib/ and include/. */
async function archive(place: string): Promise<TensorFlowLibrary | undefined> {
  const library = join(place, 'lib/libtensorflow.so.2');
  const framework = join(place, 'lib/libtensorflow_framework.so.2');
  const include = join(place, 'include');
  if (!(await exists(library)) || !(await exists(join(include, 'tensorflow/c/c_api.h')))) return undefined;
  const names = await readdir(join(place, 'lib'));
  const version = names
    .map((name) => /^libtensorflow\.so\.(\d+\.\d+\.\d+)$/.exec(name)?.[1])
    .find((found) => found);
  return { library, framework, include, cudaLibraries: undefined, version, cuda: /gpu/.test(place) };
}
