#pragma once
#include <algorithm>
#include <memory>
#include <new>

#include "widen.h"

// Tiles of products with packed weights. R rows of x and C rows of the weight give R·C sums of as many vectors, which are
// summed up at the end: so neither is laid out anew.

namespace cppo {
namespace LEVEL {
namespace {

constexpr int64_t roundedUp(int64_t count, int64_t step) { return (count + step - 1) / step * step; }

/** Numbers of a row of the weight in a panel. */
constexpr int64_t DEPTH = 1024;

/** Scratch of a thread, which grows as it must. */
template <typename T>
T* scratch(int64_t count) {
  static thread_local std::unique_ptr<T[]> held;
  static thread_local int64_t size = 0;
  if (size < count) {
    held.reset(new T[count]);
    size = count;
  }
  return held.get();
}

const char* rowOf(const Packed& w, int64_t row) { return static_cast<const char*>(w.values) + row * rowBytes(w); }

/** Numbers [from, from + count) of a row as float32; with `scaled` bytes get the scale of their row. */
void widenRow(const Packed& w, int64_t row, int64_t from, int64_t count, bool scaled, float* to) {
  const char* const start = rowOf(w, row);
  int64_t i = 0;
  switch (w.format) {
    case FLOAT32: {
      std::memcpy(to, reinterpret_cast<const float*>(start) + from, count * sizeof(float));
      return;
    }
    case BFLOAT16: {
      const uint16_t* const halves = reinterpret_cast<const uint16_t*>(start) + from;
      for (; i + LANES <= count; i += LANES) store(to + i, widenHalves(halves + i));
      for (; i < count; i++) to[i] = widen(halves[i]);
      return;
    }
    case INT8: {
      const int8_t* const bytes = reinterpret_cast<const int8_t*>(start) + from;
      const float scale = scaled ? w.scales[row] : 1.0f;
      for (; i + LANES <= count; i += LANES) store(to + i, widenBytes(bytes + i) * scale);
      for (; i < count; i++) to[i] = bytes[i] * scale;
      return;
    }
    case NF4: {
      const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(start);
      const int64_t first = row * w.columns + from;
      const auto one = [&](int64_t i) {
        const int64_t at = first + i;
        const int nibble = at % 2 ? bytes[at / 2] & 15 : bytes[at / 2] >> 4;
        to[i] = NF4_VALUES[nibble] * w.scales[at / NF4_BLOCK];
      };
      for (; i < count && (first + i) % LANES != 0; i++) one(i);
      for (; i + LANES <= count; i += LANES) {
        store(to + i, widenNibbles(bytes + (first + i) / 2) * w.scales[(first + i) / NF4_BLOCK]);
      }
      for (; i < count; i++) one(i);
      return;
    }
  }
}

/** What reads a row of the weight, of so many bits a number. */
template <int bits>
struct RowReader {
  static constexpr int BITS = bits;
  /** Orders numbers as the row's are read, block by block of 64. */
  template <typename Number>
  static void arrange(Number*, int64_t) {}
};

/** Rows of the weight as they lie, for float32 sums. */
struct Floats : RowReader<32> {
  const float* row;
  Floats(const Packed& w, int64_t row) : row(reinterpret_cast<const float*>(rowOf(w, row))) {}
  explicit Floats(const float* row) : row(row) {}
  Vector at(int64_t k) const { return load(row + k); }
  const void* address(int64_t k) const { return row + k; }
};

struct HalvesWidened : RowReader<16> {
  const uint16_t* row;
  explicit HalvesWidened(const uint16_t* row) : row(row) {}
  HalvesWidened(const Packed& w, int64_t row) : row(reinterpret_cast<const uint16_t*>(rowOf(w, row))) {}
  Vector at(int64_t k) const { return widenHalves(row + k); }
  const void* address(int64_t k) const { return row + k; }
};

/** Without the row's scale, which is for the sum. */
struct BytesWidened : RowReader<8> {
  const int8_t* row;
  BytesWidened(const Packed& w, int64_t row) : row(reinterpret_cast<const int8_t*>(rowOf(w, row))) {}
  Vector at(int64_t k) const { return widenBytes(row + k); }
  const void* address(int64_t k) const { return row + k; }
};

struct NibblesWidened : RowReader<4> {
  const uint8_t* row;
  const float* scales;
  NibblesWidened(const Packed& w, int64_t row)
      : row(static_cast<const uint8_t*>(w.values) + row * w.columns / 2),
        scales(w.scales + row * w.columns / NF4_BLOCK) {}
  Vector at(int64_t k) const { return widenNibbles(row + k / 2) * scales[k / NF4_BLOCK]; }
  const void* address(int64_t k) const { return row + k / 2; }
};

/** Asks memory for what lies `ahead` bytes behind some numbers of C rows: its latency is longer than a core looks ahead. */
template <int C, typename W>
void fetch(const W* w, int64_t k, int64_t count, int64_t ahead) {
  for (int c = 0; c < C; c++) {
    for (int64_t byte = 0; byte < W::BITS * count / 8; byte += 64) {
      __builtin_prefetch(static_cast<const char*>(w[c].address(k)) + ahead + byte, 0, 2);
    }
  }
}

/** The sum of each vector, and zeros up to a multiple of the lanes. */
template <int count>
__attribute__((always_inline)) inline void storeSums(const Vector (&sums)[count], float* to) {
#pragma GCC unroll 4
  for (int i = 0; i < count; i += LANES) {
    // Copied, so that what is summed up before can stay in registers.
    Vector some[LANES] = {};
#pragma GCC unroll 16
    for (int n = 0; n < LANES; n++) {
      if (i + n < count) some[n] = sums[i + n];
    }
    store(to + i, sumsOf(some));
  }
}

/** Sums in float32 of float32 numbers. */
struct FloatSums {
  typedef float Number;
  /** Numbers that a step of a tile takes. */
  static constexpr int64_t STEP = LANES;

  static void prepare(const float* x, int64_t count, bool round, float* to) {
    for (int64_t k = 0; k < count; k++) to[k] = round ? rounded(x[k]) : x[k];
  }

  static void widenPanelRow(const Packed& w, int64_t row, int64_t from, int64_t count, bool round, float* to) {
    widenRow(w, row, from, count, false, to);
    if (round) overVectors(0, count, [&](int64_t i, auto load, auto store) { store(to + i, rounded(load(to + i))); });
  }

  template <int R, int C, typename W>
  static void tile(const float* x, int64_t stride, const W* w, int64_t count, int64_t ahead, float* to) {
    Vector sums[R * C] = {};
    for (int64_t k = 0; k < count; k += LANES) {
      if (ahead > 0 && k % 64 == 0) fetch<C>(w, k, 64, ahead);
      if constexpr (C <= 4) {
        Vector b[C];
        for (int c = 0; c < C; c++) b[c] = w[c].at(k);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
          const Vector a = load(x + r * stride + k);
          for (int c = 0; c < C; c++) sums[r * C + c] += a * b[c];
        }
      } else {
        Vector a[R];
        for (int r = 0; r < R; r++) a[r] = load(x + r * stride + k);
        for (int c = 0; c < C; c++) {
          const Vector b = w[c].at(k);
          for (int r = 0; r < R; r++) sums[r * C + c] += a[r] * b;
        }
      }
    }
    storeSums(sums, to);
  }
};

#if defined(__AVX512BF16__)

struct HalfRow : RowReader<16> {
  const uint16_t* row;
  HalfRow(const Packed& w, int64_t row) : row(reinterpret_cast<const uint16_t*>(rowOf(w, row))) {}
  explicit HalfRow(const uint16_t* row) : row(row) {}
  void at(int64_t k, Halves (&to)[2]) const { to[0] = loadHalves(row + k), to[1] = loadHalves(row + k + 32); }
  const void* address(int64_t k) const { return row + k; }
};

struct ByteRow : RowReader<8> {
  const int8_t* row;
  ByteRow(const Packed& w, int64_t row) : row(reinterpret_cast<const int8_t*>(rowOf(w, row))) {}
  void at(int64_t k, Halves (&to)[2]) const {
    for (int i = 0; i < 2; i++) to[i] = halvesOf(widenBytes(row + k + 32 * i), widenBytes(row + k + 32 * i + 16));
  }
  const void* address(int64_t k) const { return row + k; }
};

struct NibbleRow : RowReader<4> {
  const uint8_t* row;
  const float* scales;
  NibbleRow(const Packed& w, int64_t row, int64_t k = 0)
      : row(static_cast<const uint8_t*>(w.values) + (row * w.columns + k) / 2),
        scales(w.scales + (row * w.columns + k) / NF4_BLOCK) {}
  void at(int64_t k, Halves (&to)[2]) const {
    const __m512i table = nf4Table(scales[k / NF4_BLOCK]);
    for (int i = 0; i < 2; i++) to[i] = lookUpNibbles(row + k / 2 + 16 * i, table);
  }
  const void* address(int64_t k) const { return row + k / 2; }
};

/** Numbers in the order of `inFours`. */
struct NibblesInFours : NibbleRow {
  using NibbleRow::NibbleRow;
  void at(int64_t k, Halves (&to)[2]) const { lookUpInFours(row + k / 2, nf4Table(scales[k / NF4_BLOCK]), to); }
  static void arrange(uint16_t* numbers, int64_t count) {
    for (int64_t k = 0; k < count; k += NF4_BLOCK) inFours(numbers + k);
  }
};

/** Sums in float32 of products of bfloat16. */
struct HalfSums {
  typedef uint16_t Number;
  static constexpr int64_t STEP = 64;

  static void prepare(const float* x, int64_t count, bool, uint16_t* to) {
    int64_t k = 0;
    for (; k + 32 <= count; k += 32) {
      const Halves halves = halvesOf(load(x + k), load(x + k + 16));
      std::memcpy(to + k, &halves, sizeof halves);
    }
    for (; k < count; k++) to[k] = narrow(x[k]);
  }

  static void widenPanelRow(const Packed& w, int64_t row, int64_t from, int64_t count, bool, uint16_t* to) {
    if (w.format == BFLOAT16) {
      std::memcpy(to, reinterpret_cast<const uint16_t*>(rowOf(w, row)) + from, count * sizeof(uint16_t));
      return;
    }
    int64_t k = 0;
    if (w.format == NF4 && (row * w.columns + from) % NF4_BLOCK == 0) {
      const NibbleRow nibbles(w, row, from);
      for (; k + NF4_BLOCK <= count; k += NF4_BLOCK) {
        Halves halves[2];
        nibbles.at(k, halves);
        std::memcpy(to + k, halves, sizeof halves);
      }
    }
    if (k == count) return;
    float wide[DEPTH];
    widenRow(w, row, from + k, count - k, false, wide);
    prepare(wide, count - k, true, to + k);
  }

  template <int R, int C, typename W>
  static void tile(const uint16_t* x, int64_t stride, const W* w, int64_t count, int64_t ahead, float* to) {
    Vector sums[R * C] = {};
    for (int64_t k = 0; k < count; k += STEP) {
      if (ahead > 0) fetch<C>(w, k, STEP, ahead);
      if constexpr (C <= 4) {
        Halves b[C][2];
        for (int c = 0; c < C; c++) w[c].at(k, b[c]);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
          for (int i = 0; i < 2; i++) {
            const Halves a = loadHalves(x + r * stride + k + 32 * i);
            for (int c = 0; c < C; c++) sums[r * C + c] = addProducts(sums[r * C + c], a, b[c][i]);
          }
        }
      } else {
        Halves a[R][2];
        for (int r = 0; r < R; r++) {
          for (int i = 0; i < 2; i++) a[r][i] = loadHalves(x + r * stride + k + 32 * i);
        }
        for (int c = 0; c < C; c++) {
          Halves b[2];
          w[c].at(k, b);
          for (int r = 0; r < R; r++) {
            for (int i = 0; i < 2; i++) sums[r * C + c] = addProducts(sums[r * C + c], a[r][i], b[i]);
          }
        }
      }
    }
    storeSums(sums, to);
  }
};

#endif

/** Where sums go: y[row][out] = sum·scale + bias, or is increased by sum·scale. */
struct Sums {
  const float *scales, *bias;
  int64_t outs;
  float* y;

  template <int C>
  void put(const float* sums, int64_t R, int64_t row, int64_t out, int valid, bool more) const {
    for (int r = 0; r < R; r++) {
      float* const to = y + (row + r) * outs + out;
      for (int c = 0; c < valid; c++) {
        const float sum = scales ? sums[r * C + c] * scales[out + c] : sums[r * C + c];
        to[c] = more ? to[c] + sum : bias ? sum + bias[out + c] : sum;
      }
    }
  }
};

/**
 * R rows of x with rows [from, to) of the weight, of which `open(out)` gives one.
 *
 * @param more whether the sums are added to what is there.
 * @param rowBytes from one row of the weight to the next where it comes from memory; 0 where it is at hand.
 */
template <typename Math, int R, typename Open>
void rowTile(const typename Math::Number* x, int64_t stride, int64_t count, const Open& open, int64_t row, int64_t from,
             int64_t to, const Sums& sums, bool more, int64_t rowBytes, int64_t wanted = R) {
  // Eight rows and three leave registers for what is multiplied, and read each row of x less often than two would.
  constexpr int C = R == 8 ? 3 : LANES / R;
  typedef decltype(open(from)) W;
  for (int64_t out = from; out < to; out += C) {
    const int valid = static_cast<int>(std::min<int64_t>(C, to - out));
    alignas(W) char places[C * sizeof(W)];
    W* const w = reinterpret_cast<W*>(places);
    // What a tile has beyond the last row repeats it.
    for (int c = 0; c < C; c++) new (w + c) W(open(out + std::min(c, valid - 1)));
    float found[roundedUp(R * C, LANES)];
    Math::template tile<R, C>(x + row * stride, stride, w, count, C * rowBytes, found);
    sums.put<C>(found, wanted, row, out, valid, more);
  }
}

/** Rows that `rowTiles` reads: the last few may be zeros that make eight. */
inline int64_t paddedRows(int64_t rows) { return rows % 8 > 4 ? roundedUp(rows, 8) : rows; }

/** @param padded whether x has as many rows as `paddedRows` says. */
template <typename Math, typename Open>
void rowTiles(const typename Math::Number* x, int64_t stride, int64_t rows, int64_t count, const Open& open, int64_t from,
              int64_t to, const Sums& sums, bool more, bool padded, int64_t rowBytes = 0) {
  int64_t row = 0;
  if constexpr (LANES == 16) {
    for (; row + (padded ? 5 : 8) <= rows; row += 8) {
      rowTile<Math, 8>(x, stride, count, open, row, from, to, sums, more, rowBytes, std::min<int64_t>(8, rows - row));
    }
    if (row >= rows) return;
  }
  for (; row + 4 <= rows; row += 4) rowTile<Math, 4>(x, stride, count, open, row, from, to, sums, more, rowBytes);
  if (row + 2 <= rows) {
    rowTile<Math, 2>(x, stride, count, open, row, from, to, sums, more, rowBytes);
    row += 2;
  }
  if (row < rows) rowTile<Math, 1>(x, stride, count, open, row, from, to, sums, more, rowBytes);
}

}  // namespace
}  // namespace LEVEL
}  // namespace cppo
