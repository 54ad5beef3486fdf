import { nearestName, parseOptions } from '@cppo/checked-options';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import type { LowRankAdapter } from '../model/linear.js';
import { freeName } from '../model/variables.js';

/** Options of low-rank adapters (LoRA, arXiv:2106.09685). */
export interface LoraOptions {
  /** Default 16. */
  readonly rank?: number;
  /** Updates are scaled by alpha / rank. Default 32. */
  readonly alpha?: number;
  /** Share of an adapter's inputs that is dropped in training. Default 0. */
  readonly dropout?: number;
  /** Scale by alpha / √rank instead (arXiv:2312.03732). Default false. */
  readonly rankStabilized?: boolean;
  /** Last part of the names of the layers that get one. Default: every linear layer of the decoder. */
  readonly targets?: readonly string[];
  /** Adapters in the vision tower too, where names match. Default false. */
  readonly vision?: boolean;
  /** Seeds the initial values. Default 0. */
  readonly seed?: number;
}

/** Names of the decoder's linear layers. */
export const decoderLayers = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const;

const schema = z.strictObject({
  rank: z.number().int().min(1).default(16),
  alpha: z.number().positive().default(32),
  dropout: z.number().min(0).lt(1).default(0),
  rankStabilized: z.boolean().default(false),
  targets: z
    .array(z.string())
    .min(1)
    .default([...decoderLayers]),
  vision: z.boolean().default(false),
  seed: z.number().int().default(0),
});

/** Whether a parameter is the matrix of a layer that the forward pass adds an adapter to: no embedding, and not the head. */
const isLinear = (name: string, shape: readonly number[]) =>
  name.endsWith('.weight') &&
  shape.length === 2 &&
  !/(^|\.)(embed_tokens|pos_embed|lm_head)\.weight$/.test(name);

/** Which layers get an adapter, by the published name of the layer. */
function targetsOf({
  targets = decoderLayers,
  vision = false,
}: Pick<LoraOptions, 'targets' | 'vision'>): (module: string) => boolean {
  return (module) =>
    targets.includes(module.slice(module.lastIndexOf('.') + 1)) && (vision || !module.startsWith('visual.'));
}

/**
 * Numbers in the adapters that `LoraAdapters` makes by default: r · (in + out) for every linear layer of the decoder.
 *
 * @param shapes of all parameters of the model.
 */
export function adapterNumbers(shapes: ReadonlyMap<string, readonly number[]>, rank: number): number {
  const adapts = targetsOf({});
  let numbers = 0;
  for (const [name, shape] of shapes) {
    if (!isLinear(name, shape) || !adapts(name.replace(/\.weight$/, ''))) continue;
    numbers += rank * shape.reduce((sum, side) => sum + side, 0);
  }
  return numbers;
}

/** A factor pair as stored, for a module under its published name. */
export interface StoredAdapter {
  readonly down: Float32Array;
  readonly up: Float32Array;
}

/** The low-rank adapters of a model: ΔW = scale·B·A beside the frozen W of each target layer. */
export class LoraAdapters {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly rankStabilized: boolean;
  /** A [rank, in] and B [out, rank] by the published name of their layer. */
  readonly factors: ReadonlyMap<string, { readonly down: tf.Variable; readonly up: tf.Variable }>;

  /**
   * New adapters: A uniform in ±1/√in as PEFT draws it, B zero, so that at first nothing changes.
   *
   * @param shapes of all parameters of the model.
   * @param stored values to start from instead, by module; targets are then these modules.
   * @throws RangeError when an option is out of range, a target names no layer, or a stored factor belongs to none or has
   *   another size.
   */
  constructor(
    shapes: ReadonlyMap<string, readonly number[]>,
    options: LoraOptions = {},
    trainable = true,
    stored?: ReadonlyMap<string, StoredAdapter>,
  ) {
    const { rank, alpha, dropout, rankStabilized, targets, vision, seed } = parseOptions(
      'lora',
      schema,
      options,
    );
    this.rank = rank;
    this.alpha = alpha;
    this.dropout = dropout;
    this.rankStabilized = rankStabilized;

    if (stored) requireLayers(shapes, stored.keys());
    else requireTargets(shapes, { targets, vision });
    const adapts = targetsOf({ targets, vision });
    const factors = new Map<string, { down: tf.Variable; up: tf.Variable }>();
    let layer = 0;
    for (const [name, shape] of shapes) {
      const module = name.replace(/\.weight$/, '');
      layer++;
      if (!isLinear(name, shape)) continue;
      if (!(stored ? stored.has(module) : adapts(module))) continue;
      const [outputs, inputs] = shape as [number, number];
      factors.set(
        module,
        createFactors(module, rank, inputs, outputs, trainable, hash(seed, layer), stored?.get(module)),
      );
    }
    const adaptsVision = [...factors.keys()].some((module) => module.startsWith('visual.'));
    if (vision && !stored && factors.size > 0 && !adaptsVision) {
      for (const { down, up } of factors.values()) tf.dispose([down, up]);
      throw new RangeError(
        `LoraAdapters: vision is true, but targets (${targets.join(', ')}) name no layer of the vision tower; ` +
          `expected some of ${visionLayerNames(shapes).join(', ')}.`,
      );
    }
    this.factors = factors;
  }

  get scale(): number {
    return this.alpha / (this.rankStabilized ? Math.sqrt(this.rank) : this.rank);
  }

  get variables(): tf.Variable[] {
    return [...this.factors.values()].flatMap(({ down, up }) => [down, up]);
  }

  /**
   * The adapters as the forward pass takes them.
   *
   * @param dropoutSeed turns dropout on.
   */
  layers(dropoutSeed?: number): ReadonlyMap<string, LowRankAdapter> {
    let layer = 0;
    return new Map(
      [...this.factors].map(([module, { down, up }]) => [
        module,
        {
          down: down as tf.Tensor as tf.Tensor2D,
          up: up as tf.Tensor as tf.Tensor2D,
          scale: this.scale,
          dropout:
            dropoutSeed === undefined || this.dropout === 0
              ? undefined
              : { rate: this.dropout, seed: hash(dropoutSeed, layer++) },
        },
      ]),
    );
  }

  /** ΔW [out, in] of one layer, or rows from ≤ i < to of it. */
  update(module: string, from = 0, to?: number): tf.Tensor2D {
    const pair = this.factors.get(module);
    if (!pair) throw new RangeError(`LoraAdapters: layer ${module} has no adapter.`);
    const { up, down } = pair;
    return tf.tidy(() => {
      const rows = to === undefined ? up : tf.slice(up, [from, 0], [to - from, -1]);
      return tf.mul(tf.matMul(rows, down), this.scale);
    });
  }

  dispose(): void {
    tf.dispose(this.variables);
  }
}

/** @throws RangeError for a stored module that is no layer of the model which takes an adapter. */
function requireLayers(shapes: ReadonlyMap<string, readonly number[]>, modules: Iterable<string>): void {
  for (const module of modules) {
    const name = `${module}.weight`;
    const shape = shapes.get(name);
    if (shape !== undefined && isLinear(name, shape)) continue;
    throw new RangeError(
      /embed|lm_head/.test(module)
        ? `LoraAdapters: the adapter holds factors of ${module}, and adapting embeddings or the head is not supported; in PEFT, ` +
            'save the whole model after merge_and_unload().'
        : `LoraAdapters: the adapter holds factors of ${module}, and the model has no such linear layer.`,
    );
  }
}

/** @throws RangeError for a target that no layer is called, in the decoder or, with `vision`, anywhere. */
function requireTargets(
  shapes: ReadonlyMap<string, readonly number[]>,
  { targets, vision }: Required<Pick<LoraOptions, 'targets' | 'vision'>>,
): void {
  const linear = [...shapes].filter(([name, shape]) => isLinear(name, shape)).map(([name]) => name);
  const called = (names: readonly string[]) => [
    ...new Set(names.map((name) => name.split('.').at(-2) ?? '')),
  ];
  const all = called(linear);
  const known = vision ? all : called(linear.filter((name) => !name.startsWith('visual.')));
  const unknown = targets.find((target) => !known.includes(target));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const expected = all.includes(unknown)
    ? 'a layer of the vision tower; expected vision: true beside it'
    : nearest !== undefined
      ? `which no linear layer is called; did you mean "${nearest}"?`
      : `which no linear layer is called; expected some of ${known.join(', ')}`;
  throw new RangeError(
    `LoraAdapters: targets name "${unknown}", ${expected}${expected.endsWith('?') ? '' : '.'}`,
  );
}

function visionLayerNames(shapes: ReadonlyMap<string, readonly number[]>): string[] {
  const names = [...shapes]
    .filter(([name, shape]) => /^visual\.blocks\..*\.weight$/.test(name) && shape.length === 2)
    .map(([name]) => name.split('.').at(-2) as string);
  return [...new Set(names)];
}

function createFactors(
  module: string,
  rank: number,
  inputs: number,
  outputs: number,
  trainable: boolean,
  seed: number,
  stored: StoredAdapter | undefined,
) {
  if (stored && (stored.down.length !== rank * inputs || stored.up.length !== outputs * rank)) {
    throw new RangeError(
      `LoraAdapters: the factors of ${module} have ${stored.down.length} and ${stored.up.length} numbers, ` +
        `expected [${rank}, ${inputs}] and [${outputs}, ${rank}].`,
    );
  }
  return tf.tidy(() => {
    const bound = 1 / Math.sqrt(inputs);
    const down = stored
      ? tf.tensor2d(stored.down, [rank, inputs])
      : tf.randomUniform([rank, inputs], -bound, bound, 'float32', seed);
    const up = stored ? tf.tensor2d(stored.up, [outputs, rank]) : tf.zeros([outputs, rank]);
    return {
      down: tf.variable(down, trainable, freeName(`${module}.lora_A.weight`)),
      up: tf.variable(up, trainable, freeName(`${module}.lora_B.weight`)),
    };
  });
}

function hash(seed: number, index: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
