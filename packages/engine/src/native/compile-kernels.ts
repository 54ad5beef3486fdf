import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** Runs the compiler with some parameters. */
type Compile = (parameters: readonly string[]) => Promise<void>;

const wide = ['-mavx512f', '-mavx512dq', '-mavx512vl', '-mavx512bw', '-mfma'];

/**
 * Kernels are compiled once for each level of processor; the best that the processor has is taken when the addon is loaded. The
 * lesser level comes first: of the standard library's templates that both contain, the linker keeps the first.
 */
const levels: Readonly<Record<string, readonly string[]>> =
  process.arch === 'x64'
    ? {
        base: [],
        avx2: ['-mavx2', '-mfma'],
        avx512: wide,
        avx512bf16: [...wide, '-mavx512bf16', '-mavx512vbmi'],
      }
    : { base: [] };
const perLevel = [
  ...['row-kernels.cc', 'attention.cc', 'decoder-token.cc'],
  ...['packed-products.cc', 'pack.cc', 'decoder-rows.cc'],
];
const once = ['parallel.cc', 'choose-level.cc'];
/** Makes them TensorFlow operations. */
const operations = ['operations.cc', 'map-tensor.cc', 'all-finite.cc'];

/** What the kernels need beside tfjs-node's addon: TensorFlow's C interface for operations, which not every archive has. */
const headers = ['tensorflow/c/kernels.h', 'tensorflow/c/ops.h'];

function sourceDirectory(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@cppo/engine/package.json')), 'native');
}

/** Changes with every source of the kernels. */
export async function kernelsVersion(): Promise<string> {
  const directory = sourceDirectory();
  const hash = createHash('sha256');
  for (const file of (await readdir(directory)).filter((name) => /\.(cc|h)$/.test(name)).sort()) {
    hash.update(await readFile(join(directory, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** The operation that an addon with the kernels of this version has. */
export function versionOperation(version: string): string {
  return `CppoVersion${version}`;
}

/** Whether TensorFlow's headers are enough for the kernels. */
export async function canCompileKernels(include: string): Promise<boolean> {
  const found = await Promise.all(
    headers.map((header) =>
      access(join(include, header)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}

/**
 * Compiles the kernels of `native/`, which need nothing but each other.
 *
 * @param into a directory that is made.
 * @returns the object files, to be linked.
 */
export async function compileKernels(into: string, compile: Compile): Promise<string[]> {
  await mkdir(into, { recursive: true });
  const tasks = [
    ...Object.entries(levels).flatMap(([level, options]) => {
      const numeric = ['-O3', '-ffp-contract=fast', '-fno-math-errno', `-DLEVEL=${level}`, ...options];
      return perLevel.map((source) => ({ source, suffix: `.${level}`, options: numeric }));
    }),
    ...once.map((source) => ({ source, suffix: '', options: ['-O2'] })),
  ];
  const objects: string[] = [];
  let next = 0;
  const compiler = async () => {
    for (let at = next++; at < tasks.length; at = next++) {
      const { source, suffix, options } = tasks[at]!;
      objects[at] = await compileOne(source, suffix, into, compile, options);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, compiler));
  return objects;
}

/**
 * Compiles what registers the kernels as operations when it is loaded, against TensorFlow's headers in `include`.
 *
 * @returns the object files, to be linked.
 */
export async function compileOperations(include: string, into: string, compile: Compile): Promise<string[]> {
  const version = `-DCPPO_VERSION="${versionOperation(await kernelsVersion())}"`;
  const objects: string[] = [];
  for (const source of operations) {
    objects.push(await compileOne(source, '', into, compile, ['-O2', version, '-I', include]));
  }
  return objects;
}

async function compileOne(
  source: string,
  suffix: string,
  into: string,
  compile: Compile,
  options: readonly string[],
): Promise<string> {
  const object = join(into, `${source}${suffix}.o`);
  const input = join(sourceDirectory(), source);
  await compile(['-std=c++17', '-fPIC', '-w', '-Wno-psabi', ...options, '-c', input, '-o', object]);
  return object;
}
