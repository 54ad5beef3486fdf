#include <algorithm>
#include <memory>

#include "level.h"
#include "parallel.h"
#include "tiles.h"

// Few rows of x read a packed weight as it lies, at the speed of memory; for many, a panel of the weight that the second
// cache holds is widened once.

namespace cppo {
namespace LEVEL {
namespace {

/** Rows of the weight in a task: for few rows of x a multiple of every tile, for many as much as the second cache holds. */
constexpr int64_t FEW_PANEL = 16, PANEL = 32;

/** Bytes between rows beyond their length: rows whose places differ by a power of two push each other out of the first cache. */
constexpr int64_t APART = 64;

template <typename T>
std::unique_ptr<T[]> buffer(int64_t count) {
  return std::unique_ptr<T[]>(new T[count]);
}

template <typename Math>
struct Product {
  typedef typename Math::Number Number;
  const Packed& w;
  const Number* x;
  int64_t rows, padded, stride;
  bool round, more;
  Sums sums;

  /** Few rows: the weight as it lies. */
  template <typename W>
  void direct() const {
    const int64_t panels = (w.rows + FEW_PANEL - 1) / FEW_PANEL;
    const int64_t bytes = w.format == NF4 ? w.columns / 2 : rowBytes(w);
    parallelRanges(panels, 1, [&](int64_t start, int64_t end) {
      for (int64_t out = start * FEW_PANEL; out < std::min(end * FEW_PANEL, w.rows); out += FEW_PANEL) {
        for (int64_t k = 0; k < padded; k += Math::FEW_BLOCK) {
          const auto open = [&](int64_t out) { return W(w, out, k); };
          rowTiles<Math>(x + k, stride, rows, std::min(Math::FEW_BLOCK, padded - k), open, out,
                         std::min(out + FEW_PANEL, w.rows), sums, more || k > 0, bytes);
        }
      }
    });
  }

  void inPanels() const {
    const int64_t panels = (w.rows + PANEL - 1) / PANEL;
    const int64_t block = std::min(padded, Math::BLOCK), panelStride = block + APART / sizeof(Number);
    parallelRanges(panels, 1, [&](int64_t start, int64_t end) {
      Number* const panel = scratch<Number>(PANEL * panelStride);
      for (int64_t out = start * PANEL; out < std::min(end * PANEL, w.rows); out += PANEL) {
        const int64_t last = std::min(out + PANEL, w.rows);
        for (int64_t k = 0; k < w.columns; k += block) {
          const int64_t count = std::min(block, w.columns - k), width = roundedUp(count, Math::STEP);
          for (int64_t o = out; o < last; o++) {
            Number* const to = panel + (o - out) * panelStride;
            Math::widenPanelRow(w, o, k, count, round, to);
            std::fill(to + count, to + width, Number{});
          }
          const auto open = [&](int64_t o) { return typename Math::Panel(panel + (o - out) * panelStride); };
          rowTiles<Math>(x + k, stride, rows, width, open, out, last, sums, more || k > 0);
        }
      }
    });
  }
};

/** Rows of x in the numbers of `Math`, with zeros up to a multiple of its step; many rows that are that stay as they are. */
template <typename Math>
class Prepared {
  typedef typename Math::Number Number;

 public:
  Prepared(const float* x, int64_t rows, int64_t columns, bool round) : padded(roundedUp(columns, Math::STEP)), stride(padded) {
    if constexpr (sizeof(Number) == sizeof(float)) {
      numbers = x;
      if (!round && padded == columns && rows > FEW_ROWS) return;
    }
    stride += APART / sizeof(Number);
    held_ = buffer<Number>(rows * stride);
    Number* const to = held_.get();
    numbers = to;
    const int64_t padded = this->padded, stride = this->stride;
    parallelRanges(rows, grainRows(columns), [=](int64_t start, int64_t end) {
      for (int64_t row = start; row < end; row++) {
        Math::prepare(x + row * columns, columns, round, to + row * stride);
        std::fill(to + row * stride + columns, to + row * stride + padded, Number{});
      }
    });
  }

  const int64_t padded;
  int64_t stride;
  const Number* numbers;

 private:
  std::unique_ptr<Number[]> held_;
};

template <typename Math, typename Float, typename Half, typename Byte, typename Nibble>
void multiply(const Packed& w, const float* x, int64_t rows, const float* bias, bool round, bool more, float* y) {
  const Prepared<Math> ready(x, rows, w.columns, round);
  const float* const scales = w.format == INT8 ? w.scales : nullptr;
  const Product<Math> product = {w, ready.numbers, rows, ready.padded, ready.stride, round, more, {scales, bias, w.rows, y}};
  const bool fits = ready.padded == w.columns && (w.format != NF4 || w.columns % NF4_BLOCK == 0);
  if (!fits || (rows > FEW_ROWS && w.format != FLOAT32)) return product.inPanels();
  switch (w.format) {
    case FLOAT32: return product.template direct<Float>();
    case BFLOAT16: return product.template direct<Half>();
    case INT8: return product.template direct<Byte>();
    case NF4: {
      // Without products of bfloat16 the numbers are rounded in panels only.
      if (round && sizeof(typename Math::Number) == sizeof(float)) return product.inPanels();
      return product.template direct<Nibble>();
    }
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
  if (rounds) return multiply<HalfSums, HalfRow, HalfRow, ByteRow, NibbleRow>(w, x, rows, bias, true, more, y);
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
