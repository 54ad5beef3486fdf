import { readdir } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import { type Engine, type EngineOptions, EngineUnavailableError } from './engine.js';
import { repairWebGpu } from './webgpu-kernels.js';

/** The part of WebGPU's interface that is used here. */
interface Adapter {
  readonly info: {
    readonly vendor: string;
    readonly architecture: string;
    readonly device: string;
    readonly description: string;
  };
  readonly isFallbackAdapter?: boolean;
  readonly limits: { readonly maxBufferSize: number };
}

interface Gpu {
  requestAdapter(options?: {
    powerPreference?: string;
    forceFallbackAdapter?: boolean;
  }): Promise<Adapter | null>;
}

const softwareRenderers = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/** A graphics card through Dawn, the WebGPU implementation of Chrome. */
export async function startWebGpu(options: EngineOptions): Promise<Engine> {
  if (process.platform === 'linux' && !(await hasVulkanDriver())) {
    // Dawn would find out too, but prints it.
    throw new EngineUnavailableError(
      'webgpu',
      'no Vulkan driver is installed',
      'install that of the graphics card',
    );
  }
  if (process.platform === 'linux' && !options.softwareAdapter && !(await hasGraphicsCard())) {
    // A driver that emulates one would be turned down too, after it has printed warnings.
    throw new EngineUnavailableError(
      'webgpu',
      'there is no graphics card',
      'give this machine or container one, or ask for softwareAdapter',
    );
  }
  const gpu = await installDawn();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  const fail = (reason: string, remedy: string) => {
    uninstallDawn();
    return new EngineUnavailableError('webgpu', reason, remedy);
  };
  if (!adapter) {
    throw fail(
      'no adapter answers',
      'install Vulkan’s loader (libvulkan1 on Debian) and the graphics card’s driver (Metal and Direct3D 12 come with their systems)',
    );
  }
  const { vendor, architecture, device, description } = adapter.info;
  const name = description || device || `${vendor} ${architecture}`.trim() || 'unnamed adapter';
  const software =
    adapter.isFallbackAdapter === true || softwareRenderers.test(`${name} ${architecture} ${device}`);
  if (software && !options.softwareAdapter) {
    throw fail(
      `the only adapter, ${name}, is emulated on the processor`,
      'install the graphics card’s Vulkan driver, or ask for softwareAdapter',
    );
  }
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu')))
    throw fail('its TensorFlow.js backend does not start', 'use another engine');
  repairWebGpu();
  return {
    name: 'webgpu',
    devices: [name],
    threads: 0,
    memoryLimit: adapter.limits.maxBufferSize,
    description: `WebGPU on ${name}${software ? ' (emulated)' : ''}`,
  };
}

/** Where Vulkan's loader looks for drivers. */
async function hasVulkanDriver(): Promise<boolean> {
  const { env } = process;
  if (env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES || env.VK_ADD_DRIVER_FILES) return true;
  const roots = ['/etc', '/usr/share', '/usr/local/share', '/usr/local/etc', `${env.HOME}/.local/share`];
  const found = await Promise.all(roots.map((root) => readdir(`${root}/vulkan/icd.d`).catch(() => [])));
  return found.flat().some((file) => file.endsWith('.json'));
}

/** Whether the system shows a card: by its render nodes, NVIDIA's own devices, or WSL's. */
async function hasGraphicsCard(): Promise<boolean> {
  const [devices, nodes] = await Promise.all(
    ['/dev', '/dev/dri'].map((folder) => readdir(folder).catch((): string[] => [])),
  );
  return (
    devices!.some((name) => /^(nvidia\d|dxg$)/.test(name)) || nodes!.some((name) => name.startsWith('render'))
  );
}

const installed: { globals: string[]; navigator: boolean; ownsNavigator: boolean } = {
  globals: [],
  navigator: false,
  ownsNavigator: false,
};

/** Dawn's interface becomes global, where the backend looks for it. */
async function installDawn(): Promise<Gpu> {
  const { gpu: present } = ((globalThis as { navigator?: unknown }).navigator ?? {}) as { gpu?: Gpu };
  // A second instance would let the first be collected, with the device that the backend computes on.
  if (present) return present;
  const dawn = await import('webgpu').catch((problem: Error) => {
    const missing = (problem as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    throw new EngineUnavailableError(
      'webgpu',
      missing ? 'the package webgpu is not installed' : problem.message.split('\n')[0]!,
      'npm install webgpu',
    );
  });
  const scope = globalThis as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(dawn.globals)) {
    if (name in scope) continue;
    scope[name] = value;
    installed.globals.push(name);
  }
  const gpu = dawn.create([]) as unknown as Gpu;
  // Node has a navigator from version 21 on.
  if (!('navigator' in scope)) {
    scope.navigator = { userAgent: 'node' };
    installed.ownsNavigator = true;
  }
  Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

/** Dawn keeps the process alive as long as something refers to it. */
function uninstallDawn(): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  for (const name of installed.globals.splice(0)) delete scope[name];
  if (installed.ownsNavigator) delete scope.navigator;
  else delete (scope.navigator as { gpu?: unknown }).gpu;
  installed.ownsNavigator = false;
}
