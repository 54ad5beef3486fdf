#pragma once
#include <cstdint>

namespace cppo {

struct AdamNumbers {
  float beta1, beta2, epsilon;
  /** η / (1 − β₁ᵗ), 1 / √(1 − β₂ᵗ) and 1 − η·decay. */
  float rate, correction, kept;
};

struct DecoderLayer {
  const float *inputNorm, *q, *qBias, *k, *kBias, *v, *vBias, *o, *attentionNorm, *gate, *up, *down;
  const float *prefixKeys, *prefixValues;
};

/** One more token of N branches through a decoder; see src/decoder-token-inputs.ts for the shapes. */
struct DecoderToken {
  const DecoderLayer* layers;
  const int32_t *tokens, *resultRows;
  const float *embedding, *cos, *sin, *norm, *head, *prefixBias;
  const float *longKeys, *longValues, *shortKeys, *shortValues;
  float *logits, *keys, *values;
  int64_t layerCount, rows, vocabulary, hidden, intermediate, heads, keyValueHeads, headDimension;
  /** Batches of the prompts, P·KV, and of their branches in a layer, P·KV·W. */
  int64_t prompts, batches;
  int64_t prefixLength, longLength, shortLength;
  /** How far the bias of the next batch and of the next key is; 0 where all share one. */
  int64_t biasBatchStride, biasKeyStride;
  float epsilon;
};

/**
 * Attention of rows that see each other in runs; see src/attention-inputs.ts.
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
};

/** Of the best level that the processor has; null where it has none that was compiled. */
const Kernels* kernels();

}  // namespace cppo
