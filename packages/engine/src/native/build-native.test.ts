import { execFileSync } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildNative } from './build-native.js';
import { findTensorFlow } from './find-tensorflow.js';

let place: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'engine-native-'));
});

afterEach(async () => {
  await rm(place, { recursive: true });
});

async function file(path: string, content = ''): Promise<void> {
  const full = join(place, path);
  await mkdir(join(full, '..'), { recursive: true });
  await writeFile(full, content);
}

async function madeUpEnvironment(cuda: boolean): Promise<void> {
  const site = 'env/lib/python3.11/site-packages';
  await file(`${site}/tensorflow/libtensorflow_cc.so.2`);
  await file(`${site}/tensorflow/libtensorflow_framework.so.2`);
  await file(`${site}/tensorflow/include/tensorflow/c/c_api.h`);
  await file(
    `${site}/tensorflow/python/platform/build_info.py`,
    `[('is_cuda_build', ${cuda ? 'True' : 'False'})]`,
  );
  await file(`${site}/tensorflow-2.21.0.dist-info/METADATA`);
  if (cuda) await file(`${site}/nvidia/cublas/lib/libcublas.so.12`);
}

const exists = (path: string) =>
  access(join(place, path)).then(
    () => true,
    () => false,
  );

describe('findTensorFlow', () => {
  it.each([false, true])('finds the wheel of a Python environment (for CUDA: %s)', async (cuda) => {
    await madeUpEnvironment(cuda);
    const site = join(place, 'env/lib/python3.11/site-packages');
    expect(await findTensorFlow(join(place, 'env'))).toEqual({
      library: `${site}/tensorflow/libtensorflow_cc.so.2`,
      framework: `${site}/tensorflow/libtensorflow_framework.so.2`,
      include: `${site}/tensorflow/include`,
      cudaLibraries: cuda ? `${site}/nvidia` : undefined,
      version: '2.21.0',
      cuda,
    });
    expect((await findTensorFlow(site)).version).toBe('2.21.0');
    expect((await findTensorFlow(`${site}/tensorflow/libtensorflow_cc.so.2`)).version).toBe('2.21.0');
  });

  it('finds an unpacked archive', async () => {
    await file('archive/lib/libtensorflow.so.2');
    await file('archive/lib/libtensorflow.so.2.18.1');
    await file('archive/lib/libtensorflow_framework.so.2');
    await file('archive/include/tensorflow/c/c_api.h');
    const found = await findTensorFlow(join(place, 'archive'));
    expect(found).toMatchObject({
      library: join(place, 'archive/lib/libtensorflow.so.2'),
      version: '2.18.1',
      cuda: false,
    });
    expect(await findTensorFlow(found.library)).toEqual(found);
  });

  it('says where it looked', async () => {
    await expect(findTensorFlow(place)).rejects.toThrow(
      `findTensorFlow: found no TensorFlow library (looked at ${place},`,
    );
    await expect(findTensorFlow(join(place, 'none'))).rejects.toThrow('none does not exist');
  });
});

const compiler = (() => {
  try {
    execFileSync('g++', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(process.platform !== 'linux' || !compiler)('buildNative', () => {
  it('puts back what was there when the addon does not compile', async () => {
    await madeUpEnvironment(false);
    const root = 'project/node_modules/@tensorflow/tfjs-node';
    await file('project/package.json', '{}');
    await file(`${root}/package.json`, '{ "name": "@tensorflow/tfjs-node", "version": "4.22.0" }');
    await file(`${root}/binding/tfjs_binding.cc`, '#error wanted\n');
    await file(`${root}/lib/napi-v8/tfjs_binding.node`, 'as installed');
    const lines: string[] = [];
    const options = {
      from: join(place, 'env'),
      directory: join(place, 'project'),
      report: (line: string) => lines.push(line),
    };
    await expect(buildNative(options)).rejects.toThrow(
      /buildNative: the addon does not compile .*error wanted/,
    );
    expect(await readFile(join(place, root, 'lib/napi-v8/tfjs_binding.node'), 'utf8')).toBe('as installed');
    expect(await exists(`${root}/deps`)).toBe(false);
    expect(await exists(`${root}/lib.before`)).toBe(false);
    expect(await exists(`${root}/cppo-native.building`)).toBe(false);
    expect(lines[0]).toContain('TensorFlow 2.21.0 for processor');
  });

  it('takes the addon of the other package for CUDA', async () => {
    await madeUpEnvironment(true);
    const root = 'project/node_modules/@tensorflow/tfjs-node-gpu';
    await file('project/package.json', '{}');
    await file(`${root}/package.json`, '{ "name": "@tensorflow/tfjs-node-gpu", "version": "4.22.0" }');
    await file(`${root}/binding/tfjs_binding.cc`, '#error wanted\n');
    const options = { from: join(place, 'env'), directory: join(place, 'project') };
    await expect(buildNative(options)).rejects.toThrow('error wanted');
    expect(await exists(`${root}/lib`)).toBe(false);
  });
});
