#include <algorithm>
#include <memory>

#include "level.h"
#include "parallel.h"
#include "tiles.h"

// Rows of the weight are multiplied as they lie, at the speed of memory or of widening. For many rows of x, a panel of a weight
// whose widening is dear is widened once, and the second cache holds it.

namespace cppo {
namespace LEVEL {
namespace {

/** Rows of x from which on widening a panel pays. */
constexpr int64_t MANY_ROWS = 2 * LANES + 1;
/** Rows of the weight in a task: a multiple of every tile, and as many as the second cache holds. */
constexpr int64_t PANEL = 48;

/** Bytes between rows beyond their length: rows whose places differ by a power of two push each other out of the first cache. */
constexpr int64_t APART = 64;

template <typename T>
std::unique_ptr<T[]> buffer(int64_t count) {
  return std::unique_ptr<T[]>(new T[count]);
}

/** Rows of x in the numbers of `Math`, with zeros up to a multiple of its step, and rows of them where `rowTiles` wants such. */
template <typename Math, typename W>
class Prepared {
  typedef typename Math::Number Number;

 public:
  Prepared(const float* x, int64_t rows, int64_t columns, bool round)
      : padded(roundedUp(columns, Math::STEP)),
        stride(padded + APART / sizeof(Number)),
        held_(buffer<Number>(paddedRows(rows) * stride)),
        numbers(held_.get()) {
    Number* const to = held_.get();
    parallelRanges(paddedRows(rows), grainRows(columns), [&](int64_t start, int64_t end) {
      for (int64_t row = start; row < end; row++) {
        const int64_t there = row < rows ? columns : 0;
        if (there > 0) Math::prepare(x + row * columns, columns, round, to + row * stride);
        std::fill(to + row * stride + there, to + row * stride + padded, Number{});
        W::arrange(to + row * stride, padded);
      }
    });
  }

  const int64_t padded, stride;

 private:
  const std::unique_ptr<Number[]> held_;

 public:
  const Number* const numbers;
};

/** The weight as it lies. */
template <typename Math, typename W>
void multiplyDirectly(const Packed& w, const float* x, int64_t rows, bool round, bool more, const Sums& sums) {
  const Prepared<Math, W> ready(x, rows, w.columns, round);
  const int64_t bytes = w.format == NF4 ? w.columns / 2 : rowBytes(w);
  const auto multiply = [&](int64_t out, int64_t end) {
    for (int64_t k = 0; k < w.columns; k += Math::BLOCK) {
      const auto open = [&](int64_t out) { return W(w, out, k); };
      rowTiles<Math>(ready.numbers + k, ready.stride, rows, std::min(Math::BLOCK, w.columns - k), open, out, end, sums,
                     more || k > 0, true, bytes);
    }
  };
  parallelRanges((w.rows + PANEL - 1) / PANEL, 1, [&](int64_t start, int64_t end) {
    for (int64_t out = start * PANEL; out < std::min(end * PANEL, w.rows); out += PANEL) {
      multiply(out, std::min(out + PANEL, w.rows));
    }
  });
}

/** Panels of the weight, widened. */
template <typename Math, typename Wide>
void multiplyInPanels(const Packed& w, const float* x, int64_t rows, bool round, bool more, const Sums& sums) {
  typedef typename Math::Number Number;
  const Prepared<Math, Wide> ready(x, rows, w.columns, round);
  const int64_t block = std::min(ready.padded, Math::BLOCK), stride = block + APART / sizeof(Number);
  parallelRanges((w.rows + PANEL - 1) / PANEL, 1, [&](int64_t start, int64_t end) {
    Number* const panel = scratch<Number>(PANEL * stride);
    for (int64_t out = start * PANEL; out < std::min(end * PANEL, w.rows); out += PANEL) {
      const int64_t last = std::min(out + PANEL, w.rows);
      for (int64_t k = 0; k < w.columns; k += block) {
        const int64_t count = std::min(block, w.columns - k), width = roundedUp(count, Math::STEP);
        for (int64_t o = out; o < last; o++) {
          Number* const to = panel + (o - out) * stride;
          Math::widenPanelRow(w, o, k, count, round, to);
          std::fill(to + count, to + width, Number{});
        }
        const auto open = [&](int64_t o) { return Wide(panel + (o - out) * stride); };
        rowTiles<Math>(ready.numbers + k, ready.stride, rows, width, open, out, last, sums, more || k > 0, true);
      }
    }
  });
}

template <typename Math, typename Wide, typename Half, typename Byte, typename Nibble>
void multiply(const Packed& w, const float* x, int64_t rows, const float* bias, bool round, bool more, float* y) {
  const Sums sums = {w.format == INT8 ? w.scales : nullptr, bias, w.rows, y};
  // Without products of bfloat16 numbers of nf4 are rounded in panels only.
  const bool rounds = w.format == NF4 && round && sizeof(typename Math::Number) == sizeof(float);
  const bool whole = w.columns % (w.format == NF4 ? NF4_BLOCK : Math::STEP) == 0;
  const bool dear = w.format == INT8 || w.format == NF4 || (w.format == BFLOAT16 && sizeof(typename Math::Number) == sizeof(float));
  if (!whole || rounds || (dear && rows >= MANY_ROWS)) {
    return multiplyInPanels<Math, Wide>(w, x, rows, round, more, sums);
  }
  switch (w.format) {
    case FLOAT32: return multiplyDirectly<Math, Wide>(w, x, rows, round, more, sums);
    case BFLOAT16: return multiplyDirectly<Math, Half>(w, x, rows, round, more, sums);
    case INT8: return multiplyDirectly<Math, Byte>(w, x, rows, round, more, sums);
    case NF4: return multiplyDirectly<Math, Nibble>(w, x, rows, round, more, sums);
  }
}

/** Columns and rows of the weight in a panel of the gradient, which the second cache holds. */
constexpr int64_t GRADIENT_COLUMNS = 256, GRADIENT_ROWS = 256;
/** A row of the panel is a row of the weight. */
struct FloatGradient {
  typedef float Number;
  static constexpr int64_t ROWS = 1;

  static void prepare(const float* dy, const float* scales, int64_t count, bool round, float* to) {
    for (int64_t i = 0; i < count; i++) {
      const float value = scales ? dy[i] * scales[i] : dy[i];
      to[i] = round ? rounded(value) : value;
    }
  }

  static void widenPanelRow(const Packed& w, int64_t row, int64_t from, int64_t count, bool round, float* to) {
    FloatSums::widenPanelRow(w, row, from, count, round, to);
  }

  static Vector weight(const float* panel) { return load(panel); }
  static Vector given(const float* dy) { return all(*dy); }
  static Vector add(Vector sum, Vector weight, Vector given) { return sum + weight * given; }
};

#if defined(__AVX512BF16__)

/** A row of the panel is two rows of the weight, pair by pair. */
struct HalfGradient {
  typedef uint32_t Number;
  static constexpr int64_t ROWS = 2;

  static void prepare(const float* dy, const float* scales, int64_t count, bool, uint32_t* to) {
    const auto half = [&](int64_t i) -> uint32_t {
      return i < count ? narrow(scales ? dy[i] * scales[i] : dy[i]) : 0;
    };
    for (int64_t i = 0; i < count; i += 2) to[i / 2] = half(i) | half(i + 1) << 16;
  }

  static void widenPanelRow(const Packed& w, int64_t row, int64_t from, int64_t count, bool, uint32_t* to) {
    float wide[2][GRADIENT_COLUMNS] = {};
    for (int64_t i = 0; i < 2 && row + i < w.rows; i++) widenRow(w, row + i, from, count, false, wide[i]);
    for (int64_t k = 0; k < count; k += LANES) {
      const Halves pairs = pairsOf(load(wide[0] + k), load(wide[1] + k));
      std::memcpy(to + k, &pairs, sizeof pairs);
    }
  }

  static Halves weight(const uint32_t* panel) { return loadHalves(reinterpret_cast<const uint16_t*>(panel)); }
  static Halves given(const uint32_t* dy) { return reinterpret_cast<Halves>(_mm512_set1_epi32(static_cast<int>(*dy))); }
  static Vector add(Vector sum, Halves weight, Halves given) { return addProducts(sum, weight, given); }
};

#endif

template <typename Math>
void gradient(const Packed& w, const float* dy, int64_t rows, bool round, float* dx) {
  typedef typename Math::Number Number;
  const float* const scales = w.format == INT8 ? w.scales : nullptr;
  const int64_t stride = (w.rows + Math::ROWS - 1) / Math::ROWS;
  const std::unique_ptr<Number[]> held = buffer<Number>(rows * stride);
  Number* const ready = held.get();
  parallelRanges(rows, grainRows(w.rows), [&](int64_t start, int64_t end) {
    for (int64_t row = start; row < end; row++) Math::prepare(dy + row * w.rows, scales, w.rows, round, ready + row * stride);
  });
  const int64_t panels = (w.columns + GRADIENT_COLUMNS - 1) / GRADIENT_COLUMNS;
  parallel(panels, [&](int64_t panelNumber) {
    constexpr int V = GRADIENT_VECTORS, R = GRADIENT_TILE;
    const int64_t from = panelNumber * GRADIENT_COLUMNS, width = std::min(GRADIENT_COLUMNS, w.columns - from);
    Number* const panel = scratch<Number>(GRADIENT_ROWS * GRADIENT_COLUMNS);
    for (int64_t row = 0; row < rows; row++) std::memset(dx + row * w.columns + from, 0, width * sizeof(float));
    for (int64_t out = 0; out < w.rows; out += GRADIENT_ROWS * Math::ROWS) {
      const int64_t outs = std::min(GRADIENT_ROWS * Math::ROWS, w.rows - out), count = (outs + Math::ROWS - 1) / Math::ROWS;
      for (int64_t i = 0; i < count; i++) {
        Number* const to = panel + i * GRADIENT_COLUMNS;
        Math::widenPanelRow(w, out + i * Math::ROWS, from, width, round, to);
        std::fill(to + width, to + GRADIENT_COLUMNS, Number{});
      }
      const Number* const given = ready + out / Math::ROWS;
      for (int64_t row = 0; row < rows;) {
        const bool many = row + R <= rows;
        for (int64_t k = 0; k < width; k += V * LANES) {
          float* const to = dx + row * w.columns + from + k;
          const Number* const d = given + row * stride;
          if (many) gradientTile<Math, R, V>(d, stride, panel + k, GRADIENT_COLUMNS, count, to, w.columns, width - k);
          else gradientTile<Math, 1, V>(d, stride, panel + k, GRADIENT_COLUMNS, count, to, w.columns, width - k);
        }
        row += many ? R : 1;
      }
    }
  });
}

}  // namespace

namespace {

void choose(const Packed& w, const float* x, int64_t rows, const float* bias, bool round, bool more, float* y) {
  if (rows == 0 || w.rows == 0) return;
  const bool rounds = round && w.format != FLOAT32;
#if defined(__AVX512BF16__)
  if (rounds) return multiply<HalfSums, HalfRow, HalfRow, ByteRow, NibblesInFours>(w, x, rows, bias, true, more, y);
#endif
  multiply<FloatSums, Floats, HalvesWidened, BytesWidened, NibblesWidened>(w, x, rows, bias, rounds, more, y);
}

}  // namespace

void packedProduct(const Packed& w, const float* x, int64_t rows, const float* bias, bool round, float* y) {
  choose(w, x, rows, bias, round, false, y);
}

void addProduct(const Packed& w, const float* x, int64_t rows, bool round, float* y) {
  choose(w, x, rows, nullptr, round, true, y);
}

void packedInputGradient(const Packed& w, const float* dy, int64_t rows, bool round, float* dx) {
  if (rows == 0 || w.columns == 0) return;
#if defined(__AVX512BF16__)
  if (round && w.format != FLOAT32) return gradient<HalfGradient>(w, dy, rows, true, dx);
#endif
  gradient<FloatGradient>(w, dy, rows, round && w.format != FLOAT32, dx);
}

void packedRows(const Packed& w, const int32_t* ids, int64_t count, float* y) {
  parallelRanges(count, grainRows(w.columns), [&](int64_t start, int64_t end) {
    for (int64_t i = start; i < end; i++) widenRow(w, ids[i], 0, w.columns, true, y + i * w.columns);
  });
}

}  // namespace LEVEL
}  // namespace cppo
