#include <algorithm>
#include <memory>

#include "level.h"
#include "parallel.h"
#include "panels.h"

// For few rows of x, rows of the weight are multiplied as they lie, at the speed of memory or of widening. For many, a panel of
// them is widened and turned, so that no sum runs across a vector; the second cache holds it.

namespace cppo {
namespace LEVEL {
namespace {

/** Rows of x from which on a panel pays. */
constexpr int64_t MANY_ROWS = 2 * LANES + 1;
/** Rows of the weight in a task: a multiple of every tile. */
constexpr int64_t TASK = 48;
/** Bytes between rows beyond their length: rows whose places differ by a power of two push each other out of the first cache. */
constexpr int64_t APART = 64;

template <typename T>
std::unique_ptr<T[]> buffer(int64_t count) {
  return std::unique_ptr<T[]>(new T[count]);
}

/** The order in which numbers lie. */
struct Plainly : RowReader<0> {};

/** Rows of x in the numbers of `Math`, with zeros up to a multiple of its step, and rows of them where `rowTiles` wants such. */
template <typename Math, typename W>
class Prepared {
  typedef typename Math::Number Number;

 public:
  /** @param scales that numbers are multiplied with first; null for none. */
  Prepared(const float* x, int64_t rows, int64_t columns, bool round, const float* scales = nullptr)
      : padded(roundedUp(columns, Math::STEP)),
        stride(padded + APART / sizeof(Number)),
        held_(buffer<Number>(paddedRows(rows) * stride)),
        numbers(held_.get()) {
    Number* const to = held_.get();
    parallelRanges(paddedRows(rows), grainRows(columns), [&](int64_t start, int64_t end) {
      for (int64_t row = start; row < end; row++) {
        const int64_t there = row < rows ? columns : 0;
        if (there > 0) prepare(x + row * columns, scales, columns, round, to + row * stride);
        std::fill(to + row * stride + there, to + row * stride + padded, Number{});
        W::arrange(to + row * stride, padded);
      }
    });
  }

  const int64_t padded, stride;

 private:
  static void prepare(const float* x, const float* scales, int64_t count, bool round, Number* to) {
    if (!scales) return Math::prepare(x, count, round, to);
    constexpr int64_t SOME = 256;
    for (int64_t k = 0; k < count; k += SOME) {
      float scaled[SOME];
      const int64_t some = std::min(SOME, count - k);
      overVectors(0, some, [&](int64_t i, auto load, auto store) { store(scaled + i, load(x + k + i) * load(scales + k + i)); });
      Math::prepare(scaled, some, round, to + k);
    }
  }

  const std::unique_ptr<Number[]> held_;

 public:
  const Number* const numbers;
};

/** The weight as it lies. */
template <typename Math, typename W>
void multiplyDirectly(const Packed& w, const float* x, int64_t rows, bool round, bool more, const Sums& sums) {
  const Prepared<Math, W> ready(x, rows, w.columns, round);
  const int64_t bytes = w.format == NF4 ? w.columns / 2 : rowBytes(w);
  const auto open = [&](int64_t out) { return W(w, out); };
  parallelRanges((w.rows + TASK - 1) / TASK, 1, [&](int64_t start, int64_t end) {
    for (int64_t out = start * TASK; out < std::min(end * TASK, w.rows); out += TASK) {
      rowTiles<Math>(ready.numbers, ready.stride, rows, w.columns, open, out, std::min(out + TASK, w.rows), sums, more, true, bytes);
    }
  });
}

/** `count` numbers of up to `PANEL_WIDTH` rows of the weight, turned; zeros up to a multiple of the lanes, and for rows that are not. */
template <typename Math>
void turnRows(const Packed& w, int64_t row, int64_t from, int64_t count, bool round, typename Math::Number* panel) {
  typedef typename Math::Number Number;
  constexpr int64_t UNIT = Math::STEP, STRIDE = DEPTH + APART / sizeof(Number);
  const int64_t padded = roundedUp(count, UNIT * LANES);
  alignas(64) Number rows[LANES * STRIDE];
  for (int64_t lane = 0; lane < PANEL_WIDTH; lane += LANES) {
    for (int64_t n = 0; n < LANES; n++) {
      Number* const to = rows + n * STRIDE;
      const int64_t there = row + lane + n < w.rows ? count : 0;
      if (there > 0) Math::Sums::widenPanelRow(w, row + lane + n, from, count, round, to);
      std::fill(to + there, to + padded, Number{});
    }
    turnUnits(rows, STRIDE / UNIT, padded / UNIT, panel + UNIT * lane, PANEL_WIDTH);
  }
}

/** Panels of the weight. */
template <typename Math>
void multiplyInPanels(const Packed& w, const float* x, int64_t rows, bool round, bool more, const Sums& sums) {
  typedef typename Math::Number Number;
  const Prepared<typename Math::Sums, Plainly> ready(x, rows, w.columns, round);
  parallel((w.rows + PANEL_WIDTH - 1) / PANEL_WIDTH, [&](int64_t task) {
    const int64_t out = task * PANEL_WIDTH, outs = std::min(PANEL_WIDTH, w.rows - out);
    Number* const panel = scratch<Number>(DEPTH * PANEL_WIDTH);
    Vector scales[PANEL_VECTORS], bias[PANEL_VECTORS];
    for (int v = 0; v < PANEL_VECTORS; v++) {
      const int64_t at = v * LANES, some = std::max<int64_t>(0, std::min<int64_t>(LANES, outs - at));
      scales[v] = sums.scales ? loadSome(sums.scales + out + at, some) : all(1.0f);
      bias[v] = sums.bias ? loadSome(sums.bias + out + at, some) : Vector{};
    }
    for (int64_t k = 0; k < w.columns; k += DEPTH) {
      const int64_t count = std::min(DEPTH, w.columns - k);
      const bool adds = more || k > 0;
      turnRows<Math>(w, out, k, count, round, panel);
      panelTiles<Math>(ready.numbers + k, ready.stride, rows, panel, PANEL_WIDTH, (count + Math::STEP - 1) / Math::STEP,
                       [&](int64_t row, int v, Vector sum) {
                         const Vector scaled = sum * scales[v];
                         putSome(sums.y + row * w.rows + out + v * LANES, adds ? scaled : scaled + bias[v], outs - v * LANES, adds);
                       });
    }
  });
}

template <typename Panel, typename Single, typename Half, typename Byte, typename Nibble>
void multiply(const Packed& w, const float* x, int64_t rows, const float* bias, bool round, bool more, float* y) {
  typedef typename Panel::Sums Math;
  const Sums sums = {w.format == INT8 ? w.scales : nullptr, bias, w.rows, y};
  // Without products of bfloat16 numbers of nf4 are rounded in panels only.
  const bool rounds = w.format == NF4 && round && sizeof(typename Math::Number) == sizeof(float);
  const bool whole = w.columns % (w.format == NF4 ? NF4_BLOCK : Math::STEP) == 0;
  if (!whole || rounds || rows >= MANY_ROWS) return multiplyInPanels<Panel>(w, x, rows, round, more, sums);
  switch (w.format) {
    case FLOAT32: return multiplyDirectly<Math, Single>(w, x, rows, round, more, sums);
    case BFLOAT16: return multiplyDirectly<Math, Half>(w, x, rows, round, more, sums);
    case INT8: return multiplyDirectly<Math, Byte>(w, x, rows, round, more, sums);
    case NF4: return multiplyDirectly<Math, Nibble>(w, x, rows, round, more, sums);
  }
}

/** Columns and rows of the weight in a panel of the gradient, which the second cache holds. */
constexpr int64_t GRADIENT_COLUMNS = 256, GRADIENT_ROWS = 256;

template <typename Math>
void gradient(const Packed& w, const float* dy, int64_t rows, bool round, float* dx) {
  typedef typename Math::Number Number;
  constexpr int64_t STEP = Math::STEP, DEEP = GRADIENT_ROWS * STEP;
  const Prepared<typename Math::Sums, Plainly> ready(dy, rows, w.rows, round, w.format == INT8 ? w.scales : nullptr);
  const int64_t panels = (w.columns + GRADIENT_COLUMNS - 1) / GRADIENT_COLUMNS;
  parallel(panels, [&](int64_t panelNumber) {
    const int64_t from = panelNumber * GRADIENT_COLUMNS, width = std::min(GRADIENT_COLUMNS, w.columns - from);
    Number* const panel = scratch<Number>(DEEP * GRADIENT_COLUMNS);
    for (int64_t out = 0; out < w.rows; out += DEEP) {
      const int64_t outs = std::min(DEEP, w.rows - out), steps = (outs + STEP - 1) / STEP;
      for (int64_t i = 0; i < steps; i++) {
        Number* const to = panel + STEP * i * GRADIENT_COLUMNS;
        Math::widenRows(w, out + STEP * i, w.rows, from, width, round, to);
        std::fill(to + STEP * width, to + STEP * GRADIENT_COLUMNS, Number{});
      }
      for (int64_t k = 0; k < width; k += PANEL_WIDTH) {
        panelTiles<Math>(ready.numbers + out, ready.stride, rows, panel + STEP * k, GRADIENT_COLUMNS, steps,
                         [&](int64_t row, int v, Vector sum) {
                           const int64_t at = k + v * LANES;
                           putSome(dx + row * w.columns + from + at, sum, width - at, out > 0);
                         });
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
  if (rounds) return multiply<HalfPanel, HalfRow, HalfRow, ByteRow, NibblesInFours>(w, x, rows, bias, true, more, y);
#endif
  multiply<FloatPanel, Floats, HalvesWidened, BytesWidened, NibblesWidened>(w, x, rows, bias, rounds, more, y);
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
  if (round && w.format != FLOAT32) return gradient<HalfPanel>(w, dy, rows, true, dx);
#endif
  gradient<FloatPanel>(w, dy, rows, round && w.format != FLOAT32, dx);
}

void packedRows(const Packed& w, const int32_t* ids, int64_t count, float* y) {
  parallelRanges(count, grainRows(w.columns), [&](int64_t start, int64_t end) {
    for (int64_t i = start; i < end; i++) widenRow(w, ids[i], 0, w.columns, true, y + i * w.columns);
  });
}

}  // namespace LEVEL
}  // namespace cppo
