// How the engine behaves in a process of its own: what it prints, how it ends.
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const source = fileURLToPath(new URL('.', import.meta.url));
const optionsSource = fileURLToPath(new URL('../../checked-options/src/index.ts', import.meta.url));
const bundle = fileURLToPath(new URL('../node_modules/.process-test/', import.meta.url));

beforeAll(async () => {
  await mkdir(bundle, { recursive: true });
  await build({
    entryPoints: [`${source}index.ts`, `${source}probe.ts`],
    ...{
      outdir: bundle,
      bundle: true,
      splitting: true,
      format: 'esm',
      packages: 'external',
      // Source that every package bundles.
      alias: { '@cppo/checked-options': optionsSource },
      platform: 'node',
    },
  });
});

interface Ended {
  code: number;
  signal: string | null;
  stdout: string;
  stderr: string;
}

async function node(code: string): Promise<{ code: number | string; stdout: string; stderr: string }> {
  const script = `
    import * as tf from '@tensorflow/tfjs-core';
    import { accelerateWasm, diagnoseEngines, startEngine } from '${bundle}index.js';
    ${code}`;
  try {
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', script], {
      ...{ cwd: source, timeout: 50_000, killSignal: 'SIGKILL' },
    });
    return { code: 0, stdout, stderr };
  } catch (problem) {
    const { code, signal, stdout, stderr } = problem as Ended;
    return { code: signal ?? code, stdout, stderr };
  }
}

const start = `
  const engine = await startEngine({ prefer: 'wasm', threads: 3 });
  const x = tf.randomUniform([400, 400], -1, 1, 'float32', 1);
  const sum = () => tf.tidy(() => tf.sum(tf.matMul(x, x)).dataSync()[0]);
`;

describe('a process with worker threads', () => {
  it('ends by itself, and prints nothing of its own', async () => {
    const result = await node(`${start} sum(); console.log(engine.threads);`);
    expect(result).toEqual({ code: 0, stdout: '3\n', stderr: '' });
  });

  it('ends by process.exit', async () => {
    expect((await node(`${start} sum(); process.exit(7);`)).code).toBe(7);
  });

  it('ends by an uncaught error, which keeps its trace', async () => {
    const { code, stderr } = await node(
      `${start} sum(); function failing() { throw new Error('wanted'); } failing();`,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('Error: wanted\n    at failing');
  });

  it('ends by a signal while it computes', async () => {
    const result = await node(`${start} setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);
      while (true) { sum(); await new Promise((resolve) => setImmediate(resolve)); }`);
    expect(result.code).toBe('SIGTERM');
  });

  it('gives the same numbers on any number of threads, also after its memory has grown', async () => {
    const { stdout } = await node(`${start}
      const wasm = await accelerateWasm();
      const grown = tf.zeros([3000, 3000]);
      const values = () => tf.tidy(() => [
        tf.matMul(x, x, true, false), tf.softmax(x), tf.sum(x, 0), tf.add(grown, 1), tf.matMul(grown.slice(0, 700), grown),
      ].map((y) => y.dataSync().slice(-100_000).join()));
      const many = values();
      for (let i = 0; i < 20; i++) sum();
      console.log(wasm.onOneThread(values).every((text, i) => text === many[i]));`);
    expect(stdout).toBe('true\n');
  });

  it('computes on one thread where the backend was started before', async () => {
    const { stdout } = await node(`
      await import('@tensorflow/tfjs-backend-wasm');
      await tf.setBackend('wasm');
      const { threads } = await accelerateWasm({ threads: 4 });
      console.log(threads, tf.matMul(tf.ones([300, 300]), tf.ones([300, 300]), true).dataSync()[5]);`);
    expect(stdout).toBe('1 300\n');
  });
});

describe('the plain JavaScript engine', () => {
  it('prints no greeting', async () => {
    const result = await node(`await startEngine({ prefer: 'cpu' }); tf.tensor1d([1]).dispose();`);
    expect(result).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('diagnoseEngines', () => {
  it('says of every engine what it is or why it is not', async () => {
    const { stdout } = await node(`console.log(JSON.stringify(await diagnoseEngines()));`);
    const diagnosis = JSON.parse(stdout) as {
      engines: {
        name: string;
        state: string;
        reason?: string;
        remedy?: string;
        largestModel: { run: number };
      }[];
    };
    expect(diagnosis.engines.map(({ name }) => name)).toEqual([
      'tensorflow-gpu',
      'webgpu',
      'tensorflow',
      'wasm',
      'cpu',
    ]);
    for (const { state, reason, largestModel } of diagnosis.engines) {
      if (state === 'ready') expect(largestModel.run).toBeGreaterThan(1e8);
      else expect(reason).toMatch(/\w/);
    }
    expect(diagnosis.engines[3]).toMatchObject({ name: 'wasm', state: 'ready' });
  });
});

describe('the example of the README', () => {
  it('prints what is shown', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const [, code, output] = /```js\n([\s\S]*?)```\n\n```\n([\s\S]*?)```/.exec(readme)!;
    const { stdout } = await node(code!.replace(/^import .*$/gm, ''));
    expect(stdout).toBe(output);
  });
});
