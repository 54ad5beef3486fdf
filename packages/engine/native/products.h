#pragma once
#include "vector.h"

// Products of a matrix with states that are transposed in tiles, [feature][lane]: a vector is one feature of as many lanes, and
// no sum runs across a vector.

namespace cppo {
namespace LEVEL {

/** Sums that stay in registers. */
#if defined(__AVX512F__)
constexpr int REGISTERS = 24;
#else
constexpr int REGISTERS = 12;
#endif

/**
 * Outputs [from, to) of y = W·x + bias, R at a time, for x [ins][width], width = V vectors of lanes. W's number for an output and
 * an input is at output·outStep + input·inStep.
 *
 * @returns how far it came.
 */
template <int V, int R>
int64_t someProducts(const float* weight, int64_t outStep, int64_t inStep, const float* bias, int64_t from, int64_t to,
                     int64_t ins, const float* x, float* y) {
  constexpr int64_t width = V * LANES;
  int64_t out = from;
  for (; out + R <= to; out += R) {
    const float* w = weight + out * outStep;
    Vector sums[R][V];
    for (int r = 0; r < R; r++)
      for (int v = 0; v < V; v++) sums[r][v] = all(bias ? bias[out + r] : 0.0f);
    for (int64_t i = 0; i < ins; i++) {
      Vector a[V];
      for (int v = 0; v < V; v++) a[v] = load(x + i * width + v * LANES);
      for (int r = 0; r < R; r++) {
        const float b = w[r * outStep + i * inStep];
        for (int v = 0; v < V; v++) sums[r][v] += b * a[v];
      }
    }
    for (int r = 0; r < R; r++)
      for (int v = 0; v < V; v++) store(y + (out + r) * width + v * LANES, sums[r][v]);
  }
  return out;
}

/** Outputs [from, to) of W·x + bias for W [outs, ins]. */
template <int V>
void product(const float* weight, const float* bias, int64_t from, int64_t to, int64_t ins, const float* x, float* y) {
  const int64_t done = someProducts<V, REGISTERS / V>(weight, ins, 1, bias, from, to, ins, x, y);
  someProducts<V, 1>(weight, ins, 1, bias, done, to, ins, x, y);
}

}  // namespace LEVEL
}  // namespace cppo
