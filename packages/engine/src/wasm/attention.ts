import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type AttentionAttributes, attentionLanes, expectAttention } from '../kernels/attention.js';
import type { KernelModule } from './kernel-module.js';
import { replaceKernel } from './replace-kernel.js';

/** Multiplications below which work stays on one thread. */
const SMALL = 2 ** 20;

type Inputs = Record<'q' | 'k' | 'v' | 'runs', TensorInfo> & { readonly dy?: TensorInfo };

export function registerAttention(module: KernelModule): void {
  replaceKernel('CppoAttention', () => attention(module));
  replaceKernel('CppoAttentionGradient', () => attentionGradient(module));
}

function attention(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const operands = inputs as unknown as Inputs;
    const plan = planOf(module, operands, attrs as unknown as AttentionAttributes);
    const out = module.output(operands.q.shape);
    const items = plan.tilesPerHead * plan.attributes.keyValueHeads;
    if (items === 0 || plan.headDimension === 0) return out;
    run(module, 'attention', plan, { ...operands, out }, items);
    return out;
  };
}

function attentionGradient(module: KernelModule): KernelFunc {
  return ({ inputs, attrs }) => {
    const operands = inputs as unknown as Inputs;
    const plan = planOf(module, operands, attrs as unknown as AttentionAttributes);
    const { q, k } = operands;
    const [out, dk, dv] = [q, k, k].map(({ shape }) => module.output(shape)) as [
      TensorInfo,
      TensorInfo,
      TensorInfo,
    ];
    const items = plan.groups.length * plan.attributes.keyValueHeads;
    if (items === 0 || plan.headDimension === 0) return [out, dk, dv];
    const parts = module.output([plan.groups.length, 2, plan.attributes.prefix, k.shape[1] as number]);
    for (const sum of [dk, dv, parts]) fill(module, sum);
    run(module, 'attentionGradient', plan, { ...operands, out, dk, dv, parts }, items);
    module.backend.disposeData(parts.dataId);
    return [out, dk, dv];
  };
}

/** How the work is divided. */
interface Plan {
  readonly attributes: AttentionAttributes;
  readonly headDimension: number;
  readonly runCount: number;
  /** Tiles of a head before each run, and of all. */
  readonly tiles: Int32Array;
  readonly tilesPerHead: number;
  /** The run that begins each group. */
  readonly groups: readonly number[];
  /** Most keys that a query sees. */
  readonly most: number;
  /** Multiplications of one product of queries and keys. */
  readonly work: number;
}

function planOf(module: KernelModule, operands: Inputs, attributes: AttentionAttributes): Plan {
  const { rows, headDimension, runCount } = expectAttention(operands, attributes);
  const { heads, keyValueHeads, prefix } = attributes;
  const { backend } = module;
  const address = module.address(operands.runs) / 4;
  const runs = new Int32Array(backend.wasm.HEAPU32.buffer).subarray(address, address + 4 * runCount);
  const tiles = new Int32Array(runCount + 1);
  const groups: number[] = [];
  let most = 0;
  let work = 0;
  for (let i = 0; i < runCount; i++) {
    const [start, end, from, to] = runs.subarray(4 * i, 4 * i + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    if (start < 0 || start > end || end > rows || from < 0 || from > to || to > rows) {
      throw new RangeError(
        `CppoAttention: run ${i} is [${start}, ${end}, ${from}, ${to}]; expected ranges of the ${rows} rows.`,
      );
    }
    if (from === to) groups.push(i);
    const queries = ((end - start) * heads) / keyValueHeads;
    const keys = prefix + to - from + end - start;
    tiles[i + 1] = (tiles[i] as number) + Math.ceil(queries / attentionLanes);
    most = Math.max(most, keys);
    work += keyValueHeads * queries * keys * headDimension;
  }
  return {
    ...{ attributes, headDimension, runCount, tiles, groups, most, work },
    tilesPerHead: tiles[runCount] as number,
  };
}

function run(
  module: KernelModule,
  kind: 'attention' | 'attentionGradient',
  plan: Plan,
  operands: Inputs & { out: TensorInfo; dk?: TensorInfo; dv?: TensorInfo; parts?: TensorInfo },
  items: number,
): void {
  const { attributes, headDimension: hd, most, runCount, groups } = plan;
  const { prefix, heads, keyValueHeads, causal } = attributes;
  const tasks = Math.min(items, module.threads === 1 || plan.work < SMALL ? 1 : 4 * module.threads);
  const slotBytes = module.exports.attentionSlotBytes(hd, most, prefix);
  const slots = module.output([(tasks * slotBytes) / 4]);
  const numbers = module.output([plan.tiles.length + groups.length + 1], 'int32');
  const at = module.address(numbers);
  const written = new Int32Array(module.backend.wasm.HEAPU32.buffer, at, numbers.shape[0]);
  written.set(plan.tiles);
  written.set([...groups, runCount], plan.tiles.length);
  const address = (tensor: TensorInfo | undefined) => (tensor ? module.address(tensor) : 0);
  const { q, k, v, dy, out, dk, dv, runs, parts } = operands;
  const record = {
    ...{ q: address(q), k: address(k), v: address(v), dy: address(dy) },
    ...{ out: address(out), dk: address(dk), dv: address(dv), runs: address(runs), parts: address(parts) },
    ...{ tiles: at, groups: at + 4 * plan.tiles.length, groupCount: groups.length },
    ...{ slots: module.address(slots), slotBytes, most, items, tasks },
    ...{ prefix, heads, keyValueHeads, hd, causal: causal ? 1 : 0, scale: hd ** -0.5 },
  };
  module.run(kind, tasks, record);
  if (kind === 'attentionGradient' && prefix > 0) module.run('attentionPrefix', tasks, record);
  for (const { dataId } of [slots, numbers]) module.backend.disposeData(dataId);
}

function fill(module: KernelModule, tensor: TensorInfo): void {
  const at = module.address(tensor) / 4;
  module.backend.wasm.HEAPF32.fill(0, at, at + tf.util.sizeFromShape(tensor.shape));
}
