import { Graph, type Port } from './graph.js';

/** Sizes that a decoder layer is built for. */
export interface DecoderStepSizes {
  readonly epsilon: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
}

/**
 * From this many numbers in a weight W on, few rows x are multiplied as (W·xᵀ)ᵀ: for x·Wᵀ TensorFlow lays out all of W anew, which
 * for sixteen rows takes twice as long as the product.
 */
export const LARGE_WEIGHT = 2 ** 17;

const floats = [
  'x',
  'inputNorm',
  'q',
  'qBias',
  'k',
  'kBias',
  'v',
  'vBias',
  'o',
  'attentionNorm',
  'gate',
  'up',
  'down',
  'cos',
  'sin',
  'prefixKeys',
  'prefixValues',
  'prefixBias',
  'longKeys',
  'longValues',
  'shortKeys',
  'shortValues',
] as const;
const indices = ['queryRows', 'keyRows', 'resultRows'] as const;

export const decoderStepInputs = [...floats, ...indices];
export const decoderStepOutputs = ['y', 'keys', 'values'];

/**
 * One more token of N branches through one layer of a Qwen2.5 decoder, keys and values of the tokens before from a cache:
 * some eighty operations of a few microseconds each, which cost more as calls from JavaScript than as operations.
 *
 * Inputs, with P prompts of at most L tokens, W branches a prompt (B = P·KV·W) and r = heads/KV:
 * - `x` [N, D]; norms [D]; weights [out, in] and biases [out]; `cos`, `sin` [N, 1, hd]
 * - `prefixKeys`, `prefixValues` [P·KV, L, hd]; `prefixBias` [1 or P·KV, 1, 1, 1 or L], added to the scores
 * - `longKeys`, `longValues` [B, t, hd]; `shortKeys`, `shortValues` [B, t', hd]: the branches' own, t and t' may be 0
 * - `queryRows` [P·KV, W·r] rows of [N·heads] queries; `keyRows` [B, 1] rows of [N·KV] keys; `resultRows` [N, heads] rows
 *   of the [P·KV·W·r] results
 *
 * Outputs: `y` [N, D], and `keys`, `values` [B, t' + 1, hd], the short ones with the new token.
 *
 * @param largeWeights whether the weights have LARGE_WEIGHT numbers or more.
 */
export function decoderStep(
  { epsilon, heads, keyValueHeads, headDimension: hd }: DecoderStepSizes,
  largeWeights: boolean,
): Graph {
  const graph = new Graph();
  const input = Object.fromEntries([
    ...floats.map((name) => [name, graph.input(name)]),
    ...indices.map((name) => [name, graph.input(name, 'int32')]),
  ]) as Record<(typeof decoderStepInputs)[number], Port>;
  const op = graph.op.bind(graph);
  const add = (a: Port, b: Port) => op('AddV2', [a, b]);
  const multiply = (a: Port, b: Port) => op('Mul', [a, b]);
  const reshape = (x: Port, shape: Port) => op('Reshape', [x, shape], { Tshape: 'int32' });
  const concat = (dtype: 'float32' | 'int32', axis: number, ...parts: Port[]) =>
    op('ConcatV2', [...parts, graph.int(axis)], { N: parts.length, T: dtype, Tidx: 'int32' });
  const gather = (rows: Port, index: Port) =>
    op('GatherV2', [rows, index, graph.int(0)], { Tparams: 'float32', Tindices: 'int32', Taxis: 'int32' });
  const product = (x: Port, weight: Port) => {
    if (!largeWeights) return op('MatMul', [x, weight], { transpose_b: true });
    const columns = op('MatMul', [weight, x], { transpose_b: true });
    return op('Transpose', [columns, graph.ints(1, 0)], { Tperm: 'int32' });
  };
  const biased = (x: Port, weight: Port, bias: Port) => op('BiasAdd', [product(x, weight), bias]);
  const batchProduct = (a: Port, b: Port, transposed: boolean) =>
    op('BatchMatMulV2', [a, b], { adj_x: false, adj_y: transposed });
  const split = (x: Port, axis: number, parts: number) => {
    const node = op('Split', [graph.int(axis), x], { num_split: parts });
    return Array.from({ length: parts }, (_, i) => (i === 0 ? node : `${node}:${i}`));
  };
  /** [1] the size of an axis. */
  const size = (x: Port, axis: number) =>
    op('Slice', [op('Shape', [x], { out_type: 'int32' }), graph.ints(axis), graph.ints(1)], {
      T: 'int32',
      Index: 'int32',
    });
  const norm = (x: Port, weight: Port) => {
    const mean = op('Mean', [op('Square', [x]), graph.ints(1)], { keep_dims: true, Tidx: 'int32' });
    return multiply(multiply(x, op('Rsqrt', [add(mean, graph.float(epsilon))])), weight);
  };
  /** Rows of heads, turned: [N·heads, hd]. */
  const turned = (x: Port, count: number) => {
    const byHead = reshape(x, graph.ints(-1, count, hd));
    const [first, second] = split(byHead, 2, 2) as [Port, Port];
    const half = concat('float32', 2, op('Neg', [second]), first);
    const sum = add(multiply(byHead, input.cos), multiply(half, input.sin));
    return reshape(sum, graph.ints(-1, hd));
  };

  const y = norm(input.x, input.inputNorm);
  const q = multiply(turned(biased(y, input.q, input.qBias), heads), graph.float(hd ** -0.5));
  const k = turned(biased(y, input.k, input.kBias), keyValueHeads);
  const v = reshape(biased(y, input.v, input.vBias), graph.ints(-1, hd));
  const keys = concat('float32', 1, input.shortKeys, gather(k, input.keyRows));
  const values = concat('float32', 1, input.shortValues, gather(v, input.keyRows));

  // One softmax over the keys of the prompt and the branch's own, long and short.
  const queries = gather(q, input.queryRows);
  const repeats = heads / keyValueHeads;
  const perBranch = reshape(queries, graph.ints(-1, repeats, hd));
  const grid = op('Shape', [input.queryRows], { T: 'int32', out_type: 'int32' });
  const minusOne = graph.ints(-1);
  const perPrompt = (x: Port, last: Port) => reshape(x, concat('int32', 0, grid, last));
  // [rows, 1, keys]: the bias comes with an axis for tokens and one for their repeats.
  const bias = reshape(
    input.prefixBias,
    concat('int32', 0, size(input.prefixBias, 0), graph.ints(1), size(input.prefixBias, 3)),
  );
  const own = [
    { keys: input.longKeys, values: input.longValues },
    { keys, values },
  ].map((set) => ({ ...set, length: size(set.keys, 1) }));
  const scores = [
    add(batchProduct(queries, input.prefixKeys, true), bias),
    ...own.map((set) => perPrompt(batchProduct(perBranch, set.keys, true), set.length)),
  ];
  const weights = op('Softmax', [concat('float32', 2, ...scores)]);
  const sizes = concat('int32', 0, size(input.prefixKeys, 1), own[0]!.length, minusOne);
  const pieces = op('SplitV', [weights, sizes, graph.int(2)], { num_split: 3, Tlen: 'int32' });
  const sums = own.map((set, i) => {
    const shape = concat('int32', 0, graph.ints(-1, repeats), set.length);
    const sum = batchProduct(reshape(`${pieces}:${i + 1}`, shape), set.values, false);
    return perPrompt(sum, graph.ints(hd));
  });
  const seen = sums.reduce(add, batchProduct(pieces, input.prefixValues, false));
  const rows = gather(reshape(seen, graph.ints(-1, hd)), input.resultRows);

  const h = add(input.x, product(reshape(rows, graph.ints(-1, heads * hd)), input.o));
  const z = norm(h, input.attentionNorm);
  const gate = product(z, input.gate);
  const activated = multiply(multiply(gate, op('Sigmoid', [gate])), product(z, input.up));
  graph.output('y', add(h, product(activated, input.down)));
  graph.output('keys', keys);
  graph.output('values', values);
  return graph;
}
