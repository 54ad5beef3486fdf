#pragma once
#include "tiles.h"

// Tiles of products with a panel, [step][lane]: a step is a number, or where the processor adds products of bfloat16 in pairs, two.
// Lanes are columns of the result, numbers of x are broadcast, and no sum runs across a vector.

namespace cppo {
namespace LEVEL {
namespace {

/** Rows and vectors of a tile, whose sums stay in registers. */
#if defined(__AVX512F__)
constexpr int PANEL_ROWS = 6, PANEL_VECTORS = 4;
#else
constexpr int PANEL_ROWS = 4, PANEL_VECTORS = 2;
#endif

constexpr int64_t PANEL_WIDTH = PANEL_VECTORS * LANES;

/** Adds to the numbers at `to`, of which `valid` are wanted, or puts them there. */
inline void putSome(float* to, Vector x, int64_t valid, bool more) {
  if (valid >= LANES) store(to, more ? load(to) + x : x);
  else if (valid > 0) storeSome(to, more ? loadSome(to, valid) + x : x, valid);
}

/** Turns rows [LANES][stride] of 32-bit units: unit i of all of them becomes to[i·step ..]; `count` is a multiple of the lanes. */
inline void turnUnits(const void* rows, int64_t stride, int64_t count, void* to, int64_t step) {
  const auto unit = [&](int64_t lane, int64_t i) { return static_cast<const char*>(rows) + 4 * (lane * stride + i); };
  const auto place = [&](int64_t i, int64_t lane) { return static_cast<char*>(to) + 4 * (i * step + lane); };
#if defined(__AVX512F__)
  for (int64_t i = 0; i < count; i += LANES) {
    __m512i a[LANES], b[LANES];
    for (int n = 0; n < LANES; n++) a[n] = _mm512_loadu_si512(unit(n, i));
    for (int n = 0; n < LANES; n += 2) {
      b[n] = _mm512_unpacklo_epi32(a[n], a[n + 1]);
      b[n + 1] = _mm512_unpackhi_epi32(a[n], a[n + 1]);
    }
    for (int n = 0; n < LANES; n += 4) {
      a[n] = _mm512_unpacklo_epi64(b[n], b[n + 2]);
      a[n + 1] = _mm512_unpackhi_epi64(b[n], b[n + 2]);
      a[n + 2] = _mm512_unpacklo_epi64(b[n + 1], b[n + 3]);
      a[n + 3] = _mm512_unpackhi_epi64(b[n + 1], b[n + 3]);
    }
    // Quarters of 128 bits: first of neighbours, then of halves.
    constexpr int EVEN = 0x88, ODD = 0xdd;
    for (int n = 0; n < 4; n++) {
      b[n] = _mm512_shuffle_i32x4(a[n], a[4 + n], EVEN);
      b[4 + n] = _mm512_shuffle_i32x4(a[n], a[4 + n], ODD);
      b[8 + n] = _mm512_shuffle_i32x4(a[8 + n], a[12 + n], EVEN);
      b[12 + n] = _mm512_shuffle_i32x4(a[8 + n], a[12 + n], ODD);
    }
    for (int n = 0; n < 8; n++) {
      const int at = n % 4 + n / 4 * 4;
      _mm512_storeu_si512(place(i + at, 0), _mm512_shuffle_i32x4(b[n], b[8 + n], EVEN));
      _mm512_storeu_si512(place(i + 8 + at, 0), _mm512_shuffle_i32x4(b[n], b[8 + n], ODD));
    }
  }
#else
  for (int64_t i = 0; i < count; i++) {
    for (int64_t lane = 0; lane < LANES; lane++) std::memcpy(place(i, lane), unit(lane, i), 4);
  }
#endif
}

/** A step is a number. */
struct FloatPanel {
  typedef FloatSums Sums;
  typedef float Number;
  static constexpr int64_t STEP = 1;

  /** `count` numbers of a row of the weight. */
  static void widenRows(const Packed& w, int64_t row, int64_t, int64_t from, int64_t count, bool round, float* to) {
    FloatSums::widenPanelRow(w, row, from, count, round, to);
  }

  static Vector weight(const float* panel) { return load(panel); }
  static Vector given(const float* x) { return all(*x); }
  static Vector add(Vector sum, Vector weight, Vector given) { return sum + weight * given; }
};

#if defined(__AVX512BF16__)

/** A step is a pair of numbers. */
struct HalfPanel {
  typedef HalfSums Sums;
  typedef uint16_t Number;
  static constexpr int64_t STEP = 2;

  /** Pairs of the numbers of two rows of the weight, the second of which may be the `rows`-th: zeros. */
  static void widenRows(const Packed& w, int64_t row, int64_t rows, int64_t from, int64_t count, bool, uint16_t* to) {
    constexpr int64_t SOME = 256;
    for (int64_t k = 0; k < count; k += SOME) {
      float wide[2][SOME] = {};
      const int64_t some = std::min(SOME, count - k);
      for (int64_t i = 0; i < std::min<int64_t>(2, rows - row); i++) widenRow(w, row + i, from + k, some, false, wide[i]);
      for (int64_t i = 0; i < some; i += LANES) {
        const Halves pairs = pairsOf(load(wide[0] + i), load(wide[1] + i));
        std::memcpy(to + 2 * (k + i), &pairs, sizeof pairs);
      }
    }
  }

  static Halves weight(const uint16_t* panel) { return loadHalves(panel); }
  static Halves given(const uint16_t* x) {
    int pair;
    std::memcpy(&pair, x, sizeof pair);
    return reinterpret_cast<Halves>(_mm512_set1_epi32(pair));
  }
  static Vector add(Vector sum, Halves weight, Halves given) { return addProducts(sum, weight, given); }
};

#endif

/**
 * put(r, v, sum) for R rows of x and V vectors of lanes, of `steps` steps of a panel.
 *
 * @param lanes of the panel.
 */
template <typename Math, int R, int V, typename Given, typename Number, typename Put>
void panelTile(const Given* x, int64_t stride, const Number* panel, int64_t lanes, int64_t steps, const Put& put) {
  constexpr int64_t STEP = Math::STEP;
  Vector sums[R][V] = {};
  for (int64_t i = 0; i < steps; i++) {
    decltype(Math::weight(panel)) w[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) w[v] = Math::weight(panel + STEP * (i * lanes + v * LANES));
#pragma GCC unroll 8
    for (int r = 0; r < R; r++) {
      const auto given = Math::given(x + r * stride + STEP * i);
#pragma GCC unroll 4
      for (int v = 0; v < V; v++) sums[r][v] = Math::add(sums[r][v], w[v], given);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 4
    for (int v = 0; v < V; v++) put(r, v, sums[r][v]);
  }
}

/** The same of at most R rows. */
template <typename Math, int R, typename Given, typename Number, typename Put>
void panelTileOf(int64_t rows, const Given* x, int64_t stride, const Number* panel, int64_t lanes, int64_t steps, const Put& put) {
  if constexpr (R > 1) {
    if (rows < R) return panelTileOf<Math, R - 1>(rows, x, stride, panel, lanes, steps, put);
  }
  panelTile<Math, R, PANEL_VECTORS>(x, stride, panel, lanes, steps, put);
}

/** Tiles of all rows with the first vectors of a panel; put(row, v, sum). */
template <typename Math, typename Given, typename Number, typename Put>
void panelTiles(const Given* x, int64_t stride, int64_t rows, const Number* panel, int64_t lanes, int64_t steps, const Put& put) {
  for (int64_t row = 0; row < rows; row += PANEL_ROWS) {
    panelTileOf<Math, PANEL_ROWS>(rows - row, x + row * stride, stride, panel, lanes, steps,
                                  [&](int r, int v, Vector sum) { put(row + r, v, sum); });
  }
}

}  // namespace
}  // namespace LEVEL
}  // namespace cppo
