// Made from src/kernels/ by tools/generate-kernels.ts; do not edit. A test writes it again and compares.

/** Queries of a tile of attention. */
export const ATTENTION_LANES: usize = 16;

/** Numbers that share a scale in nf4: they run over the flattened matrix. */
export const NF4_BLOCK: usize = 64;

/** Depth, and columns of B, that one task packs for all. */
export const PACK_DEPTH: usize = 512;

export const PACK_COLUMNS: usize = 64;

/** Columns that one task of a sum over rows adds up. */
export const REDUCED_COLUMNS: usize = 64;

/** How a weight is stored. */
export const enum Format {
  float32 = 0,
  bfloat16 = 1,
  int8 = 2,
  nf4 = 3,
}

/** What a product does last. */
export const enum Activation {
  linear = 0,
  relu = 1,
  relu6 = 2,
  leakyrelu = 3,
}

export const enum BinaryOperation {
  add = 0,
  subtract = 1,
  multiply = 2,
  divide = 3,
  repeat = 4,
}

export const enum UnaryOperation {
  exponential = 0,
  sigmoid = 1,
  square = 2,
  negative = 3,
  squareRoot = 4,
}

/** Steps of a decoder token. */
export const enum Step {
  embed = 0,
  enter = 1,
  project = 2,
  attend = 3,
  collect = 4,
  join = 5,
  enterGate = 6,
  gated = 7,
  collectGated = 8,
  leave = 9,
  end = 10,
  logits = 11,
  idle = 12,
}

/** Kinds of jobs. */
export const enum Job {
  product = 0,
  copy = 1,
  gather = 2,
  binary = 3,
  unary = 4,
  reduceRows = 5,
  sumColumns = 6,
  softmax = 7,
  softmaxGradient = 8,
  rmsNorm = 9,
  rmsNormGradient = 10,
  swiGlu = 11,
  swiGluGradient = 12,
  rotary = 13,
  adam = 14,
  pack = 15,
  permute = 16,
  attention = 17,
  attentionGradient = 18,
  attentionPrefix = 19,
  decoderToken = 20,
  narrow = 21,
  weightRows = 22,
  operand = 23,
  decoderStep = 24,
}

/** A matrix [rows, columns]. */
@unmanaged
export class Weight {
  /** The numbers, or the words that hold them. */
  values: usize;
  /** float32, of each row (int8) or each block (nf4). */
  scales: usize;
  format: i32;
  columns: usize;
  /** Whether the numbers of nf4 are rounded to bfloat16; those of the other formats are so anyhow. */
  rounded: i32;
}

/** A product. All steps are in bytes. It begins with B: of a weight that is not float32, bRowStep 4 says that B is its transpose. */
@unmanaged
export class Product extends Weight {
  a: usize;
  c: usize;
  /** Rows of C. */
  rows: usize;
  /** Columns of C; its rows are contiguous. */
  outs: usize;
  /** Length of the sums. */
  depth: usize;
  aRowStep: usize;
  aColumnStep: usize;
  bRowStep: usize;
  bColumnStep: usize;
  /** Between matrices of the batch; 0 repeats one. */
  aBatchStep: usize;
  bBatchStep: usize;
  batch: usize;
  /** [columns] that sums are multiplied by; 0 for none. */
  sumScales: usize;
  /** [columns] added to every row; 0 for none. */
  bias: usize;
  activation: i32;
  /** How the work is cut into tasks: batch entries per task, parts of rows, parts of columns. */
  batchPerTask: usize;
  rowParts: usize;
  columnParts: usize;
  /** B packed whole by `packTask`, for all tasks to read; 0 where each packs what it needs. */
  packed: usize;
  /** Slope of leaky ReLU. */
  slope: f32;
}

/** Runs of `width` words each from one place to another; steps are in bytes. */
@unmanaged
export class Copy {
  from: usize;
  fromStep: usize;
  to: usize;
  toStep: usize;
  runs: usize;
  width: usize;
  runsPerTask: usize;
  /** int32, which run to take for each; 0 for none. For gather, and then `outer` matrices of `fromRuns` runs. */
  indices: usize;
  indicesCount: usize;
  fromRuns: usize;
}

@unmanaged
export class Binary {
  a: usize;
  b: usize;
  out: usize;
  operation: i32;
  middle: usize;
  inner: usize;
  aOuterStep: usize;
  aMiddleStep: usize;
  aInnerStep: usize;
  bOuterStep: usize;
  bMiddleStep: usize;
  bInnerStep: usize;
  /** Rows, outer × middle. */
  rows: usize;
  rowsPerTask: usize;
  /** Length of the last row: shorter than `inner` where a long vector was cut into rows. */
  lastInner: usize;
}

@unmanaged
export class Unary {
  a: usize;
  out: usize;
  operation: i32;
  size: usize;
  sizePerTask: usize;
}

/** A job over the rows of matrices [rows, width]; each kernel says which operand is which. */
@unmanaged
export class Rows {
  a: usize;
  b: usize;
  c: usize;
  d: usize;
  out: usize;
  out2: usize;
  rows: usize;
  width: usize;
  rowsPerTask: usize;
  /** Meaning given by each kernel. */
  option: usize;
  number: f32;
}

@unmanaged
export class AdamStep {
  variable: usize;
  gradient: usize;
  first: usize;
  second: usize;
  newVariable: usize;
  newFirst: usize;
  newSecond: usize;
  size: usize;
  sizePerTask: usize;
  beta1: f32;
  beta2: f32;
  epsilon: f32;
  /** η / (1 − β₁ᵗ). */
  stepSize: f32;
  /** 1 / √(1 − β₂ᵗ). */
  rootCorrection: f32;
  /** 1 − η·λ, the decoupled weight decay. */
  keep: f32;
}

@unmanaged
export class Permutation {
  from: usize;
  to: usize;
  width: usize;
  middle: usize;
  inner: usize;
  outerStep: usize;
  middleStep: usize;
  innerStep: usize;
  /** outer · middle · inner. */
  runs: usize;
  runsPerTask: usize;
}

@unmanaged
export class Attention {
  q: usize;
  k: usize;
  v: usize;
  /** Of the result. */
  dy: usize;
  /** The result, or the gradient of q. */
  out: usize;
  dk: usize;
  dv: usize;
  /** int32 [R, 4]: start, end, from, to. */
  runs: usize;
  /** int32 [R + 1]: tiles of a head before each run. */
  tiles: usize;
  /** int32 [groups + 1]: the run that begins each group; groups share no keys but those of the prefix. */
  groups: usize;
  /** [groups, 2, prefix, keyValueHeads·hd] what each group gives to the keys and values of the prefix. */
  parts: usize;
  /** Memory of each task. */
  slots: usize;
  slotBytes: usize;
  /** Most keys that a tile sees. */
  most: usize;
  /** Tiles, or groups, of all key/value heads, and tasks among which they are divided. */
  items: usize;
  tasks: usize;
  groupCount: usize;
  prefix: usize;
  heads: usize;
  keyValueHeads: usize;
  hd: usize;
  causal: usize;
  scale: f32;
}

@unmanaged
export class DecoderToken {
  tokens: usize;
  cos: usize;
  sin: usize;
  norm: usize;
  longKeys: usize;
  longValues: usize;
  shortKeys: usize;
  shortValues: usize;
  resultRows: usize;
  prefixBias: usize;
  logits: usize;
  keys: usize;
  values: usize;
  /** Records of the embedding and of the head. */
  embedding: usize;
  head: usize;
  /** Records of the layers. */
  layers: usize;
  layerCount: usize;
  rows: usize;
  vocabulary: usize;
  hidden: usize;
  intermediate: usize;
  heads: usize;
  keyValueHeads: usize;
  hd: usize;
  /** Batches of the prompts, P·KV, and of their branches in a layer, P·KV·W. */
  prompts: usize;
  batches: usize;
  prefixLength: usize;
  longLength: usize;
  shortLength: usize;
  /** Numbers to the bias of the next batch and of the next key; 0 where all share one. */
  biasBatchStep: usize;
  biasKeyStep: usize;
  /** Whether keys and values are bfloat16. */
  halved: i32;
  /** Whether products with weights that are not float32 have their other operand rounded. */
  rounded: i32;
  /** int32 [idleCount] batches without a branch. */
  idle: usize;
  idleCount: usize;
  /** States of so many branches each, and what belongs to each task. */
  slots: usize;
  slotBytes: usize;
  owns: usize;
  ownBytes: usize;
  /** Branches of a slot, a multiple of eight. */
  lanes: usize;
  /** Up to so many branches are multiplied row by row: packing a weight would take longer than the product. */
  few: usize;
  /** Most numbers between the two halves of an adapter. */
  rank: usize;
  /** Where tasks divide one step among them: which step, of which layer, and among how many. */
  step: usize;
  layer: usize;
  parts: usize;
  epsilon: f32;
}

/** A matrix becomes one in fewer bits. */
@unmanaged
export class Narrowing extends Weight {
  rows: usize;
  toFormat: i32;
  toValues: usize;
  toScales: usize;
  /** Rows, or blocks, in all. */
  items: usize;
  itemsPerTask: usize;
}

/** out [ids, columns] = the rows of a weight that ids names. */
@unmanaged
export class WeightRows extends Weight {
  ids: usize;
  out: usize;
  count: usize;
  countPerTask: usize;
}

/** A weight, and what is added to its product: a bias, and Up·Down·x of an adapter. */
@unmanaged
export class Linear extends Weight {
  /** 0 for none. */
  bias: usize;
  /** Of the adapter; 0 for none. */
  rank: usize;
}

/** Bytes from a Linear to each of the records that belong to it, and to its end. */
export const LINEAR_DOWN: usize = 28;
export const LINEAR_UP: usize = 48;
export const LINEAR_BYTES: usize = 68;

/** Addresses of a layer’s tensors; those of head norms are 0 where there are none. */
@unmanaged
export class Layer {
  inputNorm: usize;
  attentionNorm: usize;
  prefixKeys: usize;
  prefixValues: usize;
  qNorm: usize;
  kNorm: usize;
}

/** Bytes from a Layer to each of the records that belong to it, and to its end. */
export const LAYER_Q: usize = 24;
export const LAYER_K: usize = 92;
export const LAYER_V: usize = 160;
export const LAYER_O: usize = 228;
export const LAYER_GATE: usize = 296;
export const LAYER_UP: usize = 364;
export const LAYER_DOWN: usize = 432;
export const LAYER_BYTES: usize = 500;
