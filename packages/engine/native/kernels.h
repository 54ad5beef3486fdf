#pragma once
#include <cstdint>

#include "packed.h"

namespace cppo {

struct AdamNumbers {
  float beta1, beta2, epsilon;
  /** η / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ) and 1 − η·decay. */
  float rate, correction, kept;
};

/** A weight of the decoder, and what is added to its product: a bias, and a low-rank adapter [rank, columns], [rows, rank]. */
struct Weight {
  Packed matrix;
  const float *bias, *down, *up;
  int64_t rank;
};

struct DecoderLayer {
  const float *inputNorm, *attentionNorm;
  /** [headDimension] of the queries and keys of every head; null for none. */
  const float *qNorm, *kNorm;
  const void *prefixKeys, *prefixValues;
  Weight q, k, v, o, gate, up, down;
};

/** One more token of N branches through a decoder; see src/kernels/decoder-token.ts for the shapes. */
struct DecoderToken {
  const DecoderLayer* layers;
  const int32_t *tokens, *resultRows;
  const float *cos, *sin, *norm, *prefixBias;
  Weight embedding, head;
  /** float32, or bfloat16 where `halved`. */
  const void *longKeys, *longValues, *shortKeys, *shortValues;
  float* logits;
  void *keys, *values;
  int64_t layerCount, rows, vocabulary, hidden, intermediate, heads, keyValueHeads, headDimension;
  /** Batches of the prompts, P·KV, and of their branches in a layer, P·KV·W. */
  int64_t prompts, batches;
  int64_t prefixLength, longLength, shortLength;
  /** How far the bias of the next batch and of the next key is; 0 where all share one. */
  int64_t biasBatchStride, biasKeyStride;
  float epsilon;
  /** Whether operands of products with packed weights are rounded to bfloat16. */
  bool rounded;
  bool halved;
};

/**
 * Attention of rows that see each other in runs; see src/kernels/attention.ts.
 * q is [rows, heads·hd], k and v [rows, keyValueHeads·hd], runs [runCount, 4].
 */
struct Attention {
  const float *q, *k, *v;
  const int32_t* runs;
  int64_t rows, runCount, prefix, heads, keyValueHeads, headDimension;
  bool causal;
};

struct AttentionGradient {
  const float* dy;
  float *dq, *dk, *dv;
};

/** All matrices are [rows, width]. */
struct Kernels {
  void (*rmsNorm)(const float* x, const float* weight, float epsilon, float* y, int64_t rows, int64_t width);
  void (*rmsNormGradient)(const float* x, const float* weight, const float* dy, float epsilon, float* dx, float* dWeight,
                          int64_t rows, int64_t width);
  void (*swiGlu)(const float* gate, const float* up, float* y, int64_t size);
  void (*swiGluGradient)(const float* gate, const float* up, const float* dy, float* dGate, float* dUp, int64_t size);
  /** A row of angles serves `share` rows; sign −1 turns back. */
  void (*rotary)(const float* x, const float* cos, const float* sin, float* y, int64_t rows, int64_t width, int64_t share,
                 float sign);
  void (*softmax)(const float* x, float* y, int64_t rows, int64_t width);
  void (*softmaxGradient)(const float* y, const float* dy, float* dx, int64_t rows, int64_t width);
  void (*adam)(const float* variable, const float* gradient, const float* first, const float* second, AdamNumbers numbers,
               float* nextVariable, float* nextFirst, float* nextSecond, int64_t size);
  void (*decoderToken)(const DecoderToken& step);
  void (*attention)(const Attention& attention, float* y);
  void (*attentionGradient)(const Attention& attention, const AttentionGradient& gradient);
  /** y = x·Wᵀ + bias, bias perhaps null; with `round` the operands are rounded to bfloat16. */
  void (*packedProduct)(const Packed& w, const float* x, int64_t rows, const float* bias, bool round, float* y);
  /** dx = dy·W */
  void (*packedInputGradient)(const Packed& w, const float* dy, int64_t rows, bool round, float* dx);
  void (*packedRows)(const Packed& w, const int32_t* ids, int64_t count, float* y);
  /** Packs a matrix of float32 or bfloat16. */
  void (*pack)(const Packed& from, Format format, void* words, float* scales);
};

/** Of the best level that the processor has, or of the one that CPPO_PROCESSOR_LEVEL names: base, avx2, avx512, avx512bf16. */
const Kernels* kernels();

}  // namespace cppo
