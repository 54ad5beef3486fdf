import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { requireNames } from '@cppo/checked-options';
import { CLUSTER_ADDON, canCompileCluster, clusterSource, clusterVersion } from './cluster-addon.js';
import { canCompileKernels, compileKernels, compileOperations, kernelsVersion } from './compile-kernels.js';
import { findTensorFlow, type TensorFlowLibrary } from './find-tensorflow.js';
import { nodePolyfills } from './node-polyfills.js';

const run = promisify(execFile);

export interface NativeBuildOptions {
  /** Where TensorFlow is, as for `findTensorFlow`. Default: the active Python environment. */
  readonly from?: string;
  /** A directory from which the package is found, or into which it is installed. Default: the current one. */
  readonly directory?: string;
  /** Told each step in one line. */
  readonly report?: (line: string) => void;
}

export interface NativeBuild {
  readonly package: string;
  readonly addon: string;
  readonly tensorflow: TensorFlowLibrary;
  /** False when everything was there already. */
  readonly built: boolean;
}

const VERSION = '4.22.0';
const STAMP = 'cppo-native.json';
const ADDON = join('lib', 'napi-v8', 'tfjs_binding.node');
/** What is made, all of it in the package's folder, and where until it is whole. */
const PARTS = ['deps', 'lib', STAMP];
const STAGE = 'cppo-native.building';

/**
 * Makes `@tensorflow/tfjs-node` (or `-gpu`, where TensorFlow was built for CUDA) work with a TensorFlow of today:
 * compiles the package's own addon against it, on the processor together with the kernels of `native/`, and leaves it
 * where the package looks; beside it the addon through which learners exchange gradients. Safe to repeat; what it half made it removes.
 *
 * @throws Error when TensorFlow or a C++ compiler is missing, or the addon does not compile, load or multiply right.
 */
export async function buildNative(options: NativeBuildOptions = {}): Promise<NativeBuild> {
  requireNames('buildNative', options, { from: true, directory: true, report: true });
  const { directory = process.cwd(), report = () => {} } = options;
  if (process.platform !== 'linux') {
    throw new Error(
      `buildNative: the platform is ${process.platform}; expected linux, whose TensorFlow wheels have the library.`,
    );
  }
  const tensorflow = await findTensorFlow(options.from);
  const kind = tensorflow.cuda ? 'CUDA' : 'processor';
  report(`TensorFlow ${tensorflow.version ?? 'of unknown version'} for ${kind}: ${tensorflow.library}`);
  const name = tensorflow.cuda ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const root = await packageRoot(name, directory, report);
  const addon = join(root, ADDON);
  const stamp = JSON.stringify(
    {
      ...tensorflow,
      library: await realpath(tensorflow.library),
      package: VERSION,
      kernels: await kernelsVersion(),
      cluster: clusterVersion(),
    },
    null,
    2,
  );

  if ((await readFile(join(root, STAMP), 'utf8').catch(() => '')) === stamp) {
    const works = await check(root).then(
      () => true,
      () => false,
    );
    if (works) {
      report(`the addon is there already and works: ${addon}`);
      return { package: name, addon, tensorflow, built: false };
    }
  }

  // Made beside what the package's own install may have left, which comes back if this fails or is interrupted.
  const stage = join(root, STAGE);
  const undo = () => {
    rmSync(stage, { recursive: true, force: true });
    for (const part of PARTS) moveBack(join(root, part));
  };
  undo();
  const release = onInterrupt(undo);
  try {
    await linkLibraries(stage, tensorflow);
    await compile(root, stage, tensorflow, report);
    await writeFile(join(stage, STAMP), stamp);
    for (const part of PARTS) exchange(join(stage, part), join(root, part));
    await check(root);
  } catch (problem) {
    undo();
    throw problem;
  } finally {
    release();
  }
  for (const part of PARTS) await rm(`${join(root, part)}.before`, { recursive: true, force: true });
  await rm(stage, { recursive: true, force: true });
  report(`compiled, loaded and checked: ${addon}`);
  return { package: name, addon, tensorflow, built: true };
}

/** Where the package lies; installed without its scripts when it is missing. */
async function packageRoot(name: string, directory: string, report: (line: string) => void): Promise<string> {
  const find = () => {
    const require = createRequire(join(directory, 'package.json'));
    try {
      return dirname(require.resolve(`${name}/package.json`));
    } catch {
      return undefined;
    }
  };
  const found = find();
  if (found) return found;
  report(`installing ${name}@${VERSION} without its scripts`);
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, `${name}@${VERSION}`], { cwd: directory });
  const installed = find();
  if (!installed) throw new Error(`buildNative: npm did not install ${name} under ${directory}.`);
  return installed;
}

/** Puts `made` at `path`; what was there, or an empty folder to say that nothing was, waits beside it. */
function exchange(made: string, path: string): void {
  if (existsSync(path)) renameSync(path, `${path}.before`);
  else mkdirSync(`${path}.before`);
  renameSync(made, path);
}

/** Takes `exchange` back, if there was one. */
function moveBack(path: string): void {
  const before = `${path}.before`;
  if (!existsSync(before)) return;
  rmSync(path, { recursive: true, force: true });
  if (statSync(before).isDirectory() && readdirSync(before).length === 0) rmSync(before, { recursive: true });
  else renameSync(before, path);
}

/** Calls `undo` before a signal ends the process; returns what takes that back. */
function onInterrupt(undo: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const stop = (signal: NodeJS.Signals) => {
    undo();
    release();
    process.kill(process.pid, signal);
  };
  const release = () => {
    for (const signal of signals) process.removeListener(signal, stop);
  };
  for (const signal of signals) process.on(signal, stop);
  return release;
}

/** deps/ as the package's own install would have it, made of links. */
async function linkLibraries(stage: string, tensorflow: TensorFlowLibrary): Promise<void> {
  const deps = join(stage, 'deps');
  await mkdir(join(deps, 'lib'), { recursive: true });
  await symlink(tensorflow.include, join(deps, 'include'));
  for (const library of [tensorflow.library, tensorflow.framework]) {
    await symlink(await realpath(library), join(deps, 'lib', basename(library)));
  }
  // The library of a wheel looks for CUDA's beside its own folder.
  if (tensorflow.cudaLibraries) await symlink(tensorflow.cudaLibraries, join(deps, 'nvidia'));
}

async function compile(
  root: string,
  stage: string,
  tensorflow: TensorFlowLibrary,
  report: (line: string) => void,
): Promise<void> {
  const compiler = await findCompiler();
  report(`compiling with ${compiler}`);
  const require = createRequire(import.meta.url);
  const nodeHeaders = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const sources = (await readdir(join(root, 'binding'))).filter((file) => file.endsWith('.cc'));
  const output = join(stage, ADDON);
  await mkdir(dirname(output), { recursive: true });
  const libraries = [tensorflow.library, tensorflow.framework].map((library) => `-l:${basename(library)}`);
  const include = join(stage, 'deps/include');
  const runCompiler = async (parameters: readonly string[]) => {
    await run(compiler, parameters, { maxBuffer: 2 ** 26 });
  };
  try {
    let objects: string[] = [];
    // Their operations are for tensors in the processor's memory.
    if (!tensorflow.cuda) {
      if (await canCompileKernels(include)) {
        const place = join(stage, 'objects');
        objects = await compileKernels(place, runCompiler);
        objects.push(...(await compileOperations(include, place, runCompiler)));
      } else {
        report(
          'its headers have no C interface for operations: without kernels of our own, which makes training slower',
        );
      }
    }
    const addon = [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-pthread', '-w'],
      ...['-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION', '-I', nodeHeaders, '-I', include],
    ];
    const linking = ['-L', join(stage, 'deps/lib'), ...libraries, '-Wl,-rpath,$ORIGIN/../../deps/lib', '-o'];
    const bindings = sources.map((file) => join(root, 'binding', file));
    await runCompiler([...addon, ...bindings, ...objects, ...linking, output]);
    if (canCompileCluster(include)) {
      await runCompiler([...addon, clusterSource(), ...linking, join(stage, CLUSTER_ADDON)]);
    } else {
      report('its headers have no C interface for collective operations: without runs on several machines');
    }
  } catch (problem) {
    const { stderr = '' } = problem as { stderr?: string };
    const line = stderr.split('\n').find((text) => /error/i.test(text)) ?? (problem as Error).message;
    throw new Error(`buildNative: the addon does not compile against ${tensorflow.library}: ${line}`);
  }
}

async function findCompiler(): Promise<string> {
  for (const compiler of [process.env.CXX, 'g++', 'clang++', 'c++']) {
    if (!compiler) continue;
    const answered = await run(compiler, ['--version']).then(
      () => true,
      () => false,
    );
    if (answered) return compiler;
  }
  throw new Error(
    'buildNative: found no C++ compiler; expected g++ or clang++ (on Debian: apt install g++).',
  );
}

/** Multiplies two matrices in a process of its own: an addon that crashes must not take this one along. */
async function check(root: string): Promise<void> {
  const script = `${nodePolyfills}
    const tf = require(${JSON.stringify(root)});
    const y = tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5], [6]])).dataSync();
    if (y[0] !== 17 || y[1] !== 39) throw new Error('[' + y + '], expected [17, 39]');
    const cluster = ${JSON.stringify(join(root, CLUSTER_ADDON))};
    if (require('node:fs').existsSync(cluster)) require(cluster);`;
  const environment = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  try {
    await run(process.execPath, ['-e', script], { env: environment, timeout: 120_000 });
  } catch (problem) {
    const { stderr = '' } = problem as { stderr?: string };
    const line = stderr.split('\n').find((text) => /Error|cannot/.test(text)) ?? (problem as Error).message;
    throw new Error(`buildNative: the compiled addon does not work: ${line.trim()}`);
  }
}
