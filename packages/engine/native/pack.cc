#include <algorithm>
#include <cmath>
#include <vector>

#include "level.h"
#include "parallel.h"
#include "widen.h"

// How float32 or bfloat16 numbers are packed; see src/kernels/packed-weight.ts.

namespace cppo {
namespace LEVEL {
namespace {

float largestOf(const float* x, int64_t count) {
  Vector most{};
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const Vector a = load(x + i), magnitude = a < Vector{} ? -a : a;
    most = magnitude > most ? magnitude : most;
  }
  float result = largest(most);
  for (; i < count; i++) result = std::max(result, std::fabs(x[i]));
  return result;
}

void packBytes(const float* x, int64_t columns, int8_t* to, float* scale) {
  *scale = largestOf(x, columns) / 127.0f;
  for (int64_t i = 0; i < columns; i++) {
    // nearbyint takes the even one of two equally near.
    to[i] = *scale > 0 ? static_cast<int8_t>(std::nearbyintf(x[i] / *scale)) : 0;
  }
}

/** Borders between neighbouring values: halfway, as in bitsandbytes. */
struct Borders {
  float at[15];
  Borders() {
    for (int i = 0; i < 15; i++) at[i] = (NF4_VALUES[i] + NF4_VALUES[i + 1]) / 2;
  }
};

/** A block of up to 64 numbers: the nearest values of x times the inverse of the largest, as in bitsandbytes. */
void packNibbles(const float* x, int64_t count, const Borders& borders, uint8_t* to, float* scale) {
  *scale = largestOf(x, count);
  const float inverse = *scale > 0 ? 1.0f / *scale : 0.0f;
  float padded[NF4_BLOCK] = {};
  for (int64_t i = 0; i < count; i++) padded[i] = x[i] * inverse;
  int32_t nibbles[NF4_BLOCK];
  for (int64_t i = 0; i < NF4_BLOCK; i += LANES) {
    const Vector a = load(padded + i);
    Integers above{};
    // A comparison is −1 where it holds.
    for (const float border : borders.at) above -= (a > all(border));
    std::memcpy(nibbles + i, &above, sizeof above);
  }
  for (int64_t i = 0; i < count; i += 2) {
    const int low = i + 1 < count ? nibbles[i + 1] : 0;
    to[i / 2] = static_cast<uint8_t>(nibbles[i] << 4 | low);
  }
}

}  // namespace

void pack(const Packed& from, Format format, void* words, float* scales) {
  const int64_t columns = from.columns;
  const Packed to = {format, words, scales, from.rows, columns};
  const auto row = [&](int64_t row, int64_t start, int64_t count, float* wide) {
    const char* const at = static_cast<const char*>(from.values) + row * rowBytes(from);
    if (from.format == FLOAT32) std::memcpy(wide, at + 4 * start, count * sizeof(float));
    else for (int64_t i = 0; i < count; i++) wide[i] = widen(reinterpret_cast<const uint16_t*>(at)[start + i]);
  };
  if (format == NF4) {
    static const Borders borders;
    const int64_t count = from.rows * columns, blocks = (count + NF4_BLOCK - 1) / NF4_BLOCK;
    uint8_t* const bytes = static_cast<uint8_t*>(words);
    if (count % 8 != 0) std::memset(bytes + count / 8 * 4, 0, 4);
    parallelRanges(blocks, GRAIN / NF4_BLOCK, [&](int64_t start, int64_t end) {
      for (int64_t block = start; block < end; block++) {
        float wide[NF4_BLOCK];
        const int64_t first = block * NF4_BLOCK, last = std::min(first + NF4_BLOCK, count);
        // A block may begin in one row and end in another.
        for (int64_t i = first; i < last;) {
          const int64_t inRow = std::min(last - i, columns - i % columns);
          row(i / columns, i % columns, inRow, wide + (i - first));
          i += inRow;
        }
        packNibbles(wide, last - first, borders, bytes + first / 2, scales + block);
      }
    });
    return;
  }
  parallelRanges(from.rows, grainRows(columns), [&](int64_t start, int64_t end) {
    std::vector<float> wide(columns);
    for (int64_t r = start; r < end; r++) {
      row(r, 0, columns, wide.data());
      char* const bytes = static_cast<char*>(words) + r * rowBytes(to);
      const int64_t used = format == INT8 ? columns : 2 * columns;
      if (format == INT8) packBytes(wide.data(), columns, reinterpret_cast<int8_t*>(bytes), scales + r);
      else for (int64_t i = 0; i < columns; i++) reinterpret_cast<uint16_t*>(bytes)[i] = narrow(wide[i]);
      std::memset(bytes + used, 0, rowBytes(to) - used);
    }
  });
}

}  // namespace LEVEL
}  // namespace cppo
