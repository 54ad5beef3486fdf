#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "level.h"
#include "parallel.h"
#include "products.h"
#include "vector.h"

// Queries of one key/value head are taken in tiles, transposed to [feature][lane], so that a vector is a score of as many queries
// with one key: their softmax and all sums run along keys, never across a vector. Scores are never written to memory beyond a tile.

namespace cppo {
namespace LEVEL {
namespace {

constexpr int V = 2;
constexpr int64_t WIDTH = V * LANES;

/** Rows [start, end) of the keys. */
struct Range {
  int64_t start, end;
  int64_t length() const { return end - start; }
};

/** Queries that see the prefix, the rows that come before them, and each other. */
struct Run {
  Range prefix, before, own;
};

int64_t paddedTo(int64_t unit, int64_t count) { return (count + unit - 1) / unit * unit; }

/** What is the same for all tiles of one key/value head. */
class Head {
 public:
  Head(const Attention& attention, int64_t head)
      : a(attention),
        hd(a.headDimension),
        repeats(a.heads / a.keyValueHeads),
        scale(1.0f / std::sqrt(static_cast<float>(hd))),
        queries(head * repeats * hd),
        keys(head * hd) {}

  Run run(int64_t number) const {
    const int32_t* const r = a.runs + 4 * number;
    const Range own = {r[0], r[1]};
    return {{0, own.start < a.prefix ? 0 : a.prefix}, {r[2], r[3]}, own};
  }

  int64_t tiles(const Run& run) const { return (run.own.length() * repeats + WIDTH - 1) / WIDTH; }

  const Attention& a;
  const int64_t hd, repeats;
  const float scale;
  /** Of this head, in a row of queries and in one of keys. */
  const int64_t queries, keys;

  int64_t queryStep() const { return a.heads * hd; }
  int64_t keyStep() const { return a.keyValueHeads * hd; }
};

/** Some queries of a run. Lanes that are too many repeat the last query, and are never written. */
class Tile {
 public:
  Tile(const Head& head, const Run& run, int64_t number) : h(head), run_(run) {
    const int64_t total = run.own.length() * h.repeats;
    first_ = number * WIDTH;
    lanes_ = std::min(WIDTH, total - first_);
    const int64_t last = run.own.start + (first_ + lanes_ - 1) / h.repeats;
    own_ = {run.own.start, h.a.causal ? last + 1 : run.own.end};
    count_ = run.prefix.length() + run.before.length() + own_.length();
  }

  int64_t lanes() const { return lanes_; }
  /** Keys that any lane sees. */
  int64_t count() const { return count_; }

  /** Where the query of a lane starts, in q, dy and y. */
  int64_t place(int64_t lane) const {
    const int64_t query = first_ + std::min(lane, lanes_ - 1);
    return (run_.own.start + query / h.repeats) * h.queryStep() + h.queries + query % h.repeats * h.hd;
  }

  /** [feature][lane] of the tile's rows of q, dy or y. */
  void take(const float* from, float factor, float* to) const {
    for (int64_t lane = 0; lane < WIDTH; lane++) {
      const float* const row = from + place(lane);
      for (int64_t i = 0; i < h.hd; i++) to[i * WIDTH + lane] = factor * row[i];
    }
  }

  /** Calls body(rows, at) for ranges of keys, of which the first is the at-th. */
  template <typename Body>
  void overKeys(Body body) const {
    int64_t at = 0;
    for (const Range& rows : {run_.prefix, run_.before, own_}) {
      if (rows.length() > 0) body(rows, at);
      at += rows.length();
    }
  }

  /** products[key][lane] = Σ_i rows[key][i]·x[i][lane], for keys or values. */
  void productWith(const float* rows, const float* x, float* products) const {
    overKeys([&](Range range, int64_t at) {
      const float* const from = rows + range.start * h.keyStep() + h.keys;
      float* const to = products + at * WIDTH;
      const int64_t done = someProducts<V, REGISTERS / V>(from, h.keyStep(), 1, nullptr, 0, range.length(), h.hd, x, to);
      someProducts<V, 1>(from, h.keyStep(), 1, nullptr, done, range.length(), h.hd, x, to);
    });
  }

  /** y[i][lane] = Σ_key weights[key][lane]·rows[key][i]. */
  void mix(const float* rows, const float* weights, float* part, float* y) const {
    std::memset(y, 0, h.hd * WIDTH * sizeof(float));
    overKeys([&](Range range, int64_t at) {
      const float* const from = rows + range.start * h.keyStep() + h.keys;
      const float* const x = weights + at * WIDTH;
      const int64_t done = someProducts<V, REGISTERS / V>(from, 1, h.keyStep(), nullptr, 0, h.hd, range.length(), x, part);
      someProducts<V, 1>(from, 1, h.keyStep(), nullptr, done, h.hd, range.length(), x, part);
      for (int64_t i = 0; i < h.hd * WIDTH; i += LANES) store(y + i, load(y + i) + load(part + i));
    });
  }

  /** Scores to probabilities, in place. */
  void softmax(float* scores) const {
    hideLater(scores);
    for (int v = 0; v < V; v++) {
      float* const column = scores + v * LANES;
      Vector most = load(column);
      for (int64_t key = 1; key < count_; key++) {
        const Vector x = load(column + key * WIDTH);
        most = x > most ? x : most;
      }
      Vector total{};
      for (int64_t key = 0; key < count_; key++) {
        const Vector x = exponential(load(column + key * WIDTH) - most);
        total += x;
        store(column + key * WIDTH, x);
      }
      const Vector inverse = 1.0f / total;
      for (int64_t key = 0; key < count_; key++) store(column + key * WIDTH, load(column + key * WIDTH) * inverse);
    }
  }

 private:
  /** Of its own run a query sees what is not later than itself. */
  void hideLater(float* scores) const {
    if (!h.a.causal) return;
    const int64_t own = count_ - own_.length();
    for (int64_t lane = 0; lane < lanes_; lane++) {
      for (int64_t key = (first_ + lane) / h.repeats + 1; key < own_.length(); key++) {
        scores[(own + key) * WIDTH + lane] = -1e30f;
      }
    }
  }

  const Head& h;
  const Run& run_;
  Range own_;
  int64_t first_, lanes_, count_;
};

/** to[key][feature] += Σ_lane weights[key][lane]·rows[lane][feature] for R keys and F vectors of features. */
template <int R, int F>
void addOuter(const float* weights, const float* rows, int64_t width, float* to, int64_t step) {
  Vector sums[R][F];
  for (int r = 0; r < R; r++)
    for (int f = 0; f < F; f++) sums[r][f] = load(to + r * step + f * LANES);
  for (int64_t lane = 0; lane < WIDTH; lane++) {
    Vector x[F];
    for (int f = 0; f < F; f++) x[f] = load(rows + lane * width + f * LANES);
    for (int r = 0; r < R; r++) {
      const float w = weights[r * WIDTH + lane];
      for (int f = 0; f < F; f++) sums[r][f] += w * x[f];
    }
  }
  for (int r = 0; r < R; r++)
    for (int f = 0; f < F; f++) store(to + r * step + f * LANES, sums[r][f]);
}

/** The same for `count` keys and all features; rows are [WIDTH][hd]. */
void addOuterAll(const float* weights, int64_t count, const float* rows, int64_t hd, float* to, int64_t step) {
  int64_t i = 0;
  for (; i + 4 * LANES <= hd; i += 4 * LANES) {
    int64_t key = 0;
    for (; key + 2 <= count; key += 2) addOuter<2, 4>(weights + key * WIDTH, rows + i, hd, to + key * step + i, step);
    for (; key < count; key++) addOuter<1, 4>(weights + key * WIDTH, rows + i, hd, to + key * step + i, step);
  }
  for (; i + LANES <= hd; i += LANES) {
    int64_t key = 0;
    for (; key + 6 <= count; key += 6) addOuter<6, 1>(weights + key * WIDTH, rows + i, hd, to + key * step + i, step);
    for (; key < count; key++) addOuter<1, 1>(weights + key * WIDTH, rows + i, hd, to + key * step + i, step);
  }
  for (; i < hd; i++) {
    for (int64_t key = 0; key < count; key++) {
      float sum = 0;
      for (int64_t lane = 0; lane < WIDTH; lane++) sum += weights[key * WIDTH + lane] * rows[lane * hd + i];
      to[key * step + i] += sum;
    }
  }
}

float* scratch(int64_t count) {
  static thread_local std::vector<float> numbers;
  if (static_cast<int64_t>(numbers.size()) < count) numbers.resize(count);
  return numbers.data();
}

/** Gradients of one tile; those of keys and values are added to what is there. */
void tileGradient(const Head& h, const Run& run, int64_t number, const AttentionGradient& g, float* dPrefixKeys,
                  float* dPrefixValues, int64_t prefixStep) {
  const Attention& a = h.a;
  const Tile tile(h, run, number);
  const int64_t size = h.hd * WIDTH, scores = tile.count() * WIDTH;
  float* const q = scratch(6 * size + 2 * scores);
  float *const dy = q + size, *const part = dy + size, *const dq = part + size, *const rows = dq + size;
  float *const dyRows = rows + size, *const p = dyRows + size, *const dp = p + scores;
  tile.take(a.q, h.scale, q);
  tile.take(g.dy, 1, dy);
  for (int64_t lane = 0; lane < WIDTH; lane++) {
    const bool there = lane < tile.lanes();
    for (int64_t i = 0; i < h.hd; i++) {
      rows[lane * h.hd + i] = there ? q[i * WIDTH + lane] : 0;
      dyRows[lane * h.hd + i] = there ? dy[i * WIDTH + lane] : 0;
    }
  }
  tile.productWith(a.k, q, p);
  tile.softmax(p);
  tile.productWith(a.v, dy, dp);
  const auto addTo = [&](const float* weights, const float* x, float* prefix, float* all) {
    tile.overKeys([&](Range range, int64_t at) {
      const bool shared = range.start < a.prefix && run.own.start >= a.prefix;
      float* const to = shared ? prefix : all + range.start * h.keyStep() + h.keys;
      addOuterAll(weights + at * WIDTH, range.length(), x, h.hd, to, shared ? prefixStep : h.keyStep());
    });
  };
  addTo(p, dyRows, dPrefixValues, g.dv);
  for (int v = 0; v < V; v++) {
    Vector along{};
    for (int64_t at = v * LANES; at < scores; at += WIDTH) along += load(p + at) * load(dp + at);
    for (int64_t at = v * LANES; at < scores; at += WIDTH) store(dp + at, load(p + at) * (load(dp + at) - along));
  }
  addTo(dp, rows, dPrefixKeys, g.dk);
  tile.mix(a.k, dp, part, dq);
  for (int64_t lane = 0; lane < tile.lanes(); lane++) {
    float* const to = g.dq + tile.place(lane);
    for (int64_t i = 0; i < h.hd; i++) to[i] = dq[i * WIDTH + lane] * h.scale;
  }
}

}  // namespace

void attention(const Attention& a, float* y) {
  parallel(a.runCount * a.keyValueHeads, [&](int64_t task) {
    const Head h(a, task % a.keyValueHeads);
    const Run run = h.run(task / a.keyValueHeads);
    for (int64_t number = 0; number < h.tiles(run); number++) {
      const Tile tile(h, run, number);
      const int64_t size = h.hd * WIDTH;
      float* const q = scratch(3 * size + tile.count() * WIDTH);
      float *const part = q + size, *const mixed = part + size, *const scores = mixed + size;
      tile.take(a.q, h.scale, q);
      tile.productWith(a.k, q, scores);
      tile.softmax(scores);
      tile.mix(a.v, scores, part, mixed);
      for (int64_t lane = 0; lane < tile.lanes(); lane++) {
        float* const to = y + tile.place(lane);
        for (int64_t i = 0; i < h.hd; i++) to[i] = mixed[i * WIDTH + lane];
      }
    }
  });
}

void attentionGradient(const Attention& a, const AttentionGradient& g) {
  std::memset(g.dk, 0, a.rows * a.keyValueHeads * a.headDimension * sizeof(float));
  std::memset(g.dv, 0, a.rows * a.keyValueHeads * a.headDimension * sizeof(float));
  // A sequence and what continues it are one group: its keys get gradients from all of them, so one task has them all.
  std::vector<int64_t> groups;
  for (int64_t i = 0; i < a.runCount; i++) {
    if (a.runs[4 * i + 2] == a.runs[4 * i + 3]) groups.push_back(i);
  }
  const int64_t count = static_cast<int64_t>(groups.size());
  groups.push_back(a.runCount);
  // The prefix gets some from every group: each sums up its own, and they are added in their order.
  const int64_t width = a.keyValueHeads * a.headDimension, part = a.prefix * width;
  std::vector<float> parts(2 * count * part, 0.0f);
  parallel(count * a.keyValueHeads, [&](int64_t task) {
    const int64_t group = task / a.keyValueHeads;
    const Head h(a, task % a.keyValueHeads);
    float* const own = parts.data() + 2 * group * part + h.keys;
    for (int64_t i = groups[group]; i < groups[group + 1]; i++) {
      const Run run = h.run(i);
      for (int64_t number = 0; number < h.tiles(run); number++) {
        tileGradient(h, run, number, g, own, own + part, width);
      }
    }
  });
  parallelRanges(part, 1 << 12, [&](int64_t start, int64_t end) {
    for (int64_t group = 0; group < count; group++) {
      const float* const own = parts.data() + 2 * group * part;
      for (int64_t i = start; i < end; i++) {
        g.dk[i] += own[i];
        g.dv[i] += own[part + i];
      }
    }
  });
}

}  // namespace LEVEL
}  // namespace cppo
