#pragma once
#include <cstdint>

#include "layouts.h"

namespace cppo {

/** A matrix [rows, columns] as src/kernels/packed-weight.ts lays it out. */
struct Packed {
  Format format;
  const void* values;
  const float* scales;
  int64_t rows, columns;
};

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
