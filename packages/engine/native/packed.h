#pragma once
#include <cstdint>

namespace cppo {

enum Format { FLOAT32, BFLOAT16, INT8, NF4 };

/** A matrix [rows, columns] as src/packed-inputs.ts lays it out. */
struct Packed {
  Format format;
  const void* values;
  const float* scales;
  int64_t rows, columns;
};

/** Numbers of nf4 that share a scale. */
constexpr int64_t NF4_BLOCK = 64;

extern const float NF4_VALUES[16];

/** Bytes from one row to the next; 0 for nf4, which runs over the flattened matrix. */
inline int64_t rowBytes(const Packed& w) {
  switch (w.format) {
    case FLOAT32: return 4 * w.columns;
    case BFLOAT16: return (w.columns + 1) / 2 * 4;
    case INT8: return (w.columns + 3) / 4 * 4;
    default: return 0;
  }
}

}  // namespace cppo
